/**
 * Writes WBXML token by token. Always the one canonical form: numbers and page switches only as short and as late
 * as possible, strings inline, no string table unless the vocabulary is named by text.
 */
import type { ByteWriter } from '../../lib/binary.ts';
import { utf8 } from '../../lib/bytes.ts';
import { WbxmlError } from './errors.ts';
import type { WbxmlHeader } from './reader.ts';
import type { Tag } from './vocabulary.ts';

const END = 0x01;
const STR_I = 0x03;
const OPAQUE = 0xc3;
const CONTENT = 0x40;
const UTF8 = 0x6a;

export class WbxmlWriter {
  readonly #out: ByteWriter;
  readonly #header: WbxmlHeader;
  #page = 0;

  /** Writes the header at once. */
  constructor(out: ByteWriter, header: WbxmlHeader) {
    this.#out = out;
    this.#header = header;
    out.u8(header.version);
    if (header.naming === 'number') {
      this.#number(header.vocabulary.publicId);
      out.u8(UTF8).u8(0);
    } else {
      const name = utf8(`${header.vocabulary.formalId}\0`);
      out.u8(0).u8(0).u8(UTF8);
      this.#number(name.length);
      out.raw(name);
    }
  }

  /** Begins an element with content. */
  open(tag: Tag): void {
    this.#tag(tag, CONTENT);
  }

  /** An element without content. */
  empty(tag: Tag): void {
    this.#tag(tag, 0);
  }

  close(): void {
    this.#out.u8(END);
  }

  /** @throws WbxmlError when the text has a NUL or half a surrogate pair */
  text(text: string): void {
    if (text.includes('\0') || !text.isWellFormed())
      throw new WbxmlError('ERR_WBXML_VALUE', 'a text with a NUL or half a surrogate pair cannot be written');
    this.#out.u8(STR_I).raw(utf8(text)).u8(0);
  }

  /** Announces opaque data; the caller puts `length` bytes behind it. */
  opaque(length: number): void {
    this.#out.u8(OPAQUE);
    this.#number(length);
  }

  #tag(tag: Tag, flag: number): void {
    if (this.#header.vocabulary.pages[tag.page]?.[tag.token] !== tag)
      throw new WbxmlError('ERR_WBXML_VALUE', `${tag.name} is no tag of ${this.#header.vocabulary.formalId}`);
    if (tag.page !== this.#page) {
      this.#page = tag.page;
      this.#out.u8(0x00).u8(tag.page);
    }
    this.#out.u8(tag.token | flag);
  }

  #number(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
      throw new WbxmlError('ERR_WBXML_VALUE', `${value} is no unsigned number of 32 bits`);
    for (let bits = 28; bits > 0; bits -= 7)
      if (value >= 2 ** bits) this.#out.u8(((value >>> bits) & 0x7f) | 0x80);
    this.#out.u8(value & 0x7f);
  }
}
