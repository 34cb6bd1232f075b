/** Cursor and sink over XML. White space between elements is passed over, as XML allows; within texts it counts. */
import type { ByteWriter } from '../../lib/binary.ts';
import { utf8 } from '../../lib/bytes.ts';
import type { Cursor, Name, Sink } from './cursor.ts';
import { malformed, limit as overLimit } from './fields.ts';
import { fromBase64 } from './stored-frame.ts';
import { escapeXml, type XmlReader } from './xml/index.ts';

export class XmlCursor implements Cursor<Name> {
  readonly #reader: XmlReader;

  constructor(reader: XmlReader) {
    this.#reader = reader;
  }

  at(tag: Name): boolean {
    const reader = this.#reader;
    reader.skipSpace();
    return reader.kind === 'open' && reader.name === tag.name && reader.namespace === tag.namespace;
  }

  enter(tag: Name): void {
    if (!this.at(tag)) throw malformed(`no ${tag.name} where it should be`);
    this.#reader.advance();
  }

  text(limit: number): string {
    const reader = this.#reader;
    if (reader.kind !== 'text') throw malformed('no text where it should be');
    // At most six bytes (`&quot;`) are written for one.
    if (reader.value.length > limit * 6) throw overLimit(`a text of ${reader.value.length} bytes`);
    const text = reader.text();
    if (utf8(text).length > limit) throw overLimit(`a text of more than ${limit} bytes`);
    if (text === '') throw malformed('no text where it should be');
    reader.advance();
    return text;
  }

  frame(): { bytes: Uint8Array; offset: number } {
    const reader = this.#reader;
    const offset = reader.offset;
    if (reader.kind === 'close') return { bytes: new Uint8Array(0), offset };
    if (reader.kind !== 'text') throw malformed('no frame where it should be');
    const bytes = fromBase64(reader.value);
    reader.advance();
    return { bytes, offset };
  }

  leave(): void {
    const reader = this.#reader;
    if (reader.kind === 'text') reader.skipSpace();
    if (reader.kind !== 'close') throw malformed('more content than there should be');
    reader.advance();
  }

  end(): void {
    this.#reader.skipSpace();
    if (this.#reader.kind !== 'end') throw malformed('more content than there should be');
  }
}

export class XmlSink implements Sink<Name> {
  readonly #out: ByteWriter;
  readonly #mark: () => void;
  readonly #open: Name[] = [];

  /** `mark` is called where a frame goes. */
  constructor(out: ByteWriter, mark: () => void) {
    this.#out = out;
    this.#mark = mark;
    this.#put('<?xml version="1.0" encoding="UTF-8"?>');
  }

  enter(tag: Name): void {
    this.#put(`<${this.#start(tag)}>`);
    this.#open.push(tag);
  }

  leave(): void {
    this.#put(`</${this.#open.pop()!.name}>`);
  }

  empty(tag: Name): void {
    this.#put(`<${this.#start(tag)}/>`);
  }

  text(text: string): void {
    this.#put(escapeXml(text));
  }

  frame(): void {
    this.#mark();
  }

  /** A namespace is named where it begins, as in captured messages. */
  #start({ name, namespace }: Name): string {
    return this.#open.at(-1)?.namespace === namespace ? name : `${name} xmlns="${namespace}"`;
  }

  #put(text: string): void {
    this.#out.raw(utf8(text));
  }
}
