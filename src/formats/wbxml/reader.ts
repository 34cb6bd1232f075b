/**
 * Reads WBXML token by token, without copying and without look-ahead: the reader stands on one token, whose parts
 * are its fields, until `advance`. Everything is bounded before it is taken.
 */
import { fromUtf8Strict } from '../../lib/bytes.ts';
import { WbxmlError } from './errors.ts';
import { vocabularies } from './vocabularies.ts';
import type { Tag, Vocabulary } from './vocabulary.ts';

export interface WbxmlLimits {
  /** Elements within each other. */
  readonly depth: number;
  /** Bytes of one string. */
  readonly text: number;
  /** Bytes of one opaque value. */
  readonly opaque: number;
  /** Bytes of the string table. */
  readonly stringTable: number;
}

export const defaultWbxmlLimits: WbxmlLimits = {
  depth: 32,
  text: 64 * 1024,
  opaque: 64 * 1024 * 1024,
  stringTable: 4096,
};

/** WAP-192 §5.4 to §5.8. */
export interface WbxmlHeader {
  /** The second number of the version: 1.1, 1.2 or 1.3. */
  readonly version: 1 | 2 | 3;
  readonly vocabulary: Vocabulary;
  /** How the header names the vocabulary: by number, or by its text in the string table. */
  readonly naming: 'number' | 'text';
}

export type WbxmlTokenKind = 'open' | 'close' | 'text' | 'opaque' | 'end';

const UTF8 = 0x6a;

/** Global tokens, WAP-192 §7.1. */
const SWITCH_PAGE = 0x00;
const END = 0x01;
const STR_I = 0x03;
const LITERAL = 0x04;
const STR_T = 0x83;
const OPAQUE = 0xc3;

const NOTHING = new Uint8Array(0);

export class WbxmlReader {
  readonly header: WbxmlHeader;

  /** The token on which the reader stands; at first the root's `open`. */
  kind: WbxmlTokenKind = 'end';
  /** `open` and `close`: the element. */
  tag!: Tag;
  /** `text` (UTF-8, without its end) and `opaque`: a view of the input. */
  value: Uint8Array = NOTHING;
  /** Where `value` begins in the input. */
  offset = 0;

  readonly #bytes: Uint8Array;
  readonly #limits: WbxmlLimits;
  readonly #table: { readonly at: number; readonly end: number };
  readonly #open: Tag[] = [];
  #at = 0;
  #page = 0;
  #emptyElement = false;

  /** @throws WbxmlError when the header or the first token cannot be read */
  constructor(
    bytes: Uint8Array,
    known: readonly Vocabulary[] = vocabularies,
    limits: WbxmlLimits = defaultWbxmlLimits,
  ) {
    this.#bytes = bytes;
    this.#limits = limits;
    const version = this.#byte();
    if (version !== 1 && version !== 2 && version !== 3)
      throw new WbxmlError(
        'ERR_WBXML_UNSUPPORTED',
        `version byte 0x${hex(version)}, only 1.1 to 1.3 are read`,
      );
    const publicId = this.#number();
    const nameAt = publicId === 0 ? this.#number() : 0;
    const charset = this.#number();
    if (charset !== UTF8)
      throw new WbxmlError('ERR_WBXML_UNSUPPORTED', `character set ${charset}, not UTF-8`);
    const length = this.#number();
    if (length > limits.stringTable)
      throw this.#error('ERR_WBXML_LIMIT', `a string table of ${length} bytes`);
    if (length > bytes.length - this.#at) throw this.#truncated();
    this.#table = { at: this.#at, end: this.#at + length };
    this.#at += length;
    const vocabulary =
      publicId === 0 ? this.#named(known, nameAt) : known.find((v) => v.publicId === publicId);
    if (!vocabulary)
      throw new WbxmlError('ERR_WBXML_UNSUPPORTED', `a vocabulary that is not known (public id ${publicId})`);
    this.header = { version, vocabulary, naming: publicId === 0 ? 'text' : 'number' };
    this.#content();
  }

  get depth(): number {
    return this.#open.length;
  }

  /** Goes to the next token; at `end` it stays there. */
  advance(): void {
    if (this.#emptyElement) this.#close();
    else if (this.#open.length > 0) this.#content();
    else if (this.#at === this.#bytes.length) this.kind = 'end';
    else throw this.#error('ERR_WBXML_MALFORMED', 'bytes after the end of the root element');
  }

  /** The string of a `text` token. @throws WbxmlError when it is not UTF-8 */
  text(): string {
    try {
      return fromUtf8Strict(this.value);
    } catch (cause) {
      throw new WbxmlError('ERR_WBXML_MALFORMED', `byte ${this.offset}: text that is not UTF-8`, { cause });
    }
  }

  #content(): void {
    let token = this.#byte();
    while (token === SWITCH_PAGE) {
      this.#page = this.#byte();
      token = this.#byte();
    }
    if ((token & 0x3f) > LITERAL) this.#element(token);
    else if (this.#open.length === 0)
      throw this.#error('ERR_WBXML_MALFORMED', 'no root element where it should be');
    else if (token === END) this.#close();
    else if (token === STR_I) this.#inlineString();
    else if (token === STR_T) this.#tableString();
    else if (token === OPAQUE) this.#opaque();
    else
      throw this.#error('ERR_WBXML_UNSUPPORTED', `token 0x${hex(token)} (literal, entity, extension or PI)`);
  }

  #element(token: number): void {
    if (token & 0x80) throw this.#error('ERR_WBXML_UNSUPPORTED', 'an element with attributes');
    const tag = this.header.vocabulary.pages[this.#page]?.[token & 0x3f];
    if (!tag)
      throw this.#error(
        'ERR_WBXML_UNKNOWN_TAG',
        `tag 0x${hex(token & 0x3f)} of page ${this.#page} is not known`,
      );
    if (this.#open.length >= this.#limits.depth)
      throw this.#error('ERR_WBXML_LIMIT', `more than ${this.#limits.depth} elements within each other`);
    this.#open.push(tag);
    this.kind = 'open';
    this.tag = tag;
    this.#emptyElement = (token & 0x40) === 0;
  }

  #close(): void {
    this.#emptyElement = false;
    this.kind = 'close';
    this.tag = this.#open.pop()!;
  }

  #inlineString(): void {
    const value = this.#string(this.#at, this.#bytes.length);
    this.#at += value.length + 1;
    this.kind = 'text';
  }

  #tableString(): void {
    const index = this.#number();
    if (index >= this.#table.end - this.#table.at)
      throw this.#error('ERR_WBXML_MALFORMED', `string ${index} is not in the string table`);
    this.#string(this.#table.at + index, this.#table.end);
    this.kind = 'text';
  }

  #opaque(): void {
    const length = this.#number();
    if (length > this.#limits.opaque)
      throw this.#error('ERR_WBXML_LIMIT', `an opaque value of ${length} bytes`);
    if (length > this.#bytes.length - this.#at) throw this.#truncated();
    this.offset = this.#at;
    this.#at += length;
    this.value = this.#bytes.subarray(this.offset, this.#at);
    this.kind = 'opaque';
  }

  /** Sets `value` to the bytes from `at` up to the next NUL, which must come within the limit and before `end`. */
  #string(at: number, end: number): Uint8Array {
    const range = this.#bytes.subarray(at, Math.min(end, at + this.#limits.text + 1));
    const length = range.indexOf(0);
    if (length < 0) {
      if (end - at <= this.#limits.text) throw this.#truncated();
      throw this.#error('ERR_WBXML_LIMIT', `a string of more than ${this.#limits.text} bytes`);
    }
    this.offset = at;
    this.value = range.subarray(0, length);
    return this.value;
  }

  /** The vocabulary that the string table names at `index`. */
  #named(known: readonly Vocabulary[], index: number): Vocabulary | undefined {
    if (index >= this.#table.end - this.#table.at)
      throw this.#error('ERR_WBXML_MALFORMED', 'the public id is not in the string table');
    this.#string(this.#table.at + index, this.#table.end);
    const name = this.text();
    return known.find((vocabulary) => vocabulary.formalId === name);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.#truncated();
    this.#at++;
    return byte;
  }

  /** mb_u_int32: seven bits a byte, most significant first, at most 2^32 - 1 (WAP-192 §5.1). */
  #number(): number {
    let value = 0;
    for (let i = 0; i < 5; i++) {
      const byte = this.#byte();
      value = value * 0x80 + (byte & 0x7f);
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw this.#error('ERR_WBXML_MALFORMED', 'a number of more than 32 bits');
  }

  #truncated(): WbxmlError {
    return new WbxmlError('ERR_WBXML_TRUNCATED', `the ${this.#bytes.length} bytes end too early`);
  }

  #error(
    code: 'ERR_WBXML_MALFORMED' | 'ERR_WBXML_LIMIT' | 'ERR_WBXML_UNSUPPORTED' | 'ERR_WBXML_UNKNOWN_TAG',
    what: string,
  ): WbxmlError {
    return new WbxmlError(code, `before byte ${this.#at}: ${what}`);
  }
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
