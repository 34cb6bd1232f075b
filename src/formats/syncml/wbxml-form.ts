/** Cursor and sink over WBXML. */
import type { ByteWriter } from '../../lib/binary.ts';
import { syncml12, type Tag, type WbxmlHeader, WbxmlReader, WbxmlWriter } from '../wbxml/index.ts';
import type { Cursor, Sink } from './cursor.ts';
import { MAX_ADDRESS, MAX_DOCUMENT_FRAME } from './document.ts';
import { malformed, limit as overLimit } from './fields.ts';

/** What every document begins with: WBXML 1.2, SyncML 1.2, UTF-8, no string table. */
const header: WbxmlHeader = { version: 2, vocabulary: syncml12, naming: 'number' };

const limits = { depth: 8, text: MAX_ADDRESS, opaque: MAX_DOCUMENT_FRAME, stringTable: 4096 };

export class WbxmlCursor implements Cursor<Tag> {
  readonly #reader: WbxmlReader;

  constructor(bytes: Uint8Array) {
    this.#reader = new WbxmlReader(bytes, [syncml12], limits);
  }

  at(tag: Tag): boolean {
    return this.#reader.kind === 'open' && this.#reader.tag === tag;
  }

  enter(tag: Tag): void {
    if (!this.at(tag)) throw malformed(`no ${tag.name} where it should be`);
    this.#reader.advance();
  }

  text(limit: number): string {
    const reader = this.#reader;
    if (reader.kind !== 'text' || reader.value.length === 0) throw malformed('no text where it should be');
    if (reader.value.length > limit) throw overLimit(`a text of ${reader.value.length} bytes`);
    const text = reader.text();
    reader.advance();
    return text;
  }

  frame(): { bytes: Uint8Array; offset: number } {
    const reader = this.#reader;
    if (reader.kind !== 'opaque') throw malformed('no opaque data where it should be');
    const frame = { bytes: reader.value, offset: reader.offset };
    reader.advance();
    return frame;
  }

  leave(): void {
    if (this.#reader.kind !== 'close') throw malformed('more content than there should be');
    this.#reader.advance();
  }

  end(): void {
    // The reader has refused bytes behind the root when it left it.
    if (this.#reader.kind !== 'end') throw malformed('more content than there should be');
  }
}

export class WbxmlSink implements Sink<Tag> {
  readonly #writer: WbxmlWriter;
  readonly #mark: () => void;

  /** `mark` is called where a frame goes. */
  constructor(out: ByteWriter, mark: () => void) {
    this.#writer = new WbxmlWriter(out, header);
    this.#mark = mark;
  }

  enter(tag: Tag): void {
    this.#writer.open(tag);
  }

  leave(): void {
    this.#writer.close();
  }

  empty(tag: Tag): void {
    this.#writer.empty(tag);
  }

  text(text: string): void {
    this.#writer.text(text);
  }

  frame(length: number): void {
    this.#writer.opaque(length);
    this.#mark();
  }
}
