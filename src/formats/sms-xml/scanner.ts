/** Finds tags in a stream of bytes, by quotes and angle brackets alone. Memory is bounded whatever comes. */

/** What the scanner meets. Positions count within the bytes of the current call; -1 is the byte before them. */
export interface Tags {
  /** A start tag begins with the `<` there. */
  begin(at: number): void;
  /** How many bytes of the attribute's value are wanted; undefined: none. */
  wants(tag: string, attribute: string): number | undefined;
  /** @param length of the whole value, of which `value` is the beginning */
  attribute(name: string, value: Uint8Array, length: number): void;
  /** A start tag ended behind `next`. */
  start(name: string, next: number, selfClosing: boolean): void;
  /** An end tag ended behind `next`. */
  close(next: number): void;
}

const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const EQUALS = 0x3d;
const MAX_NAME = 64;

type State =
  | 'text'
  | 'lt'
  | 'name'
  | 'tag'
  | 'value'
  | 'close'
  | 'bang'
  | 'comment'
  | 'cdata'
  | 'pi'
  | 'declaration';

export class Scanner {
  #state: State = 'text';
  readonly #tags: Tags;
  #tagName = '';
  #attribute = '';
  /** Behind the name of an attribute, up to its value. */
  #equals = false;
  #last = 0;
  #quote = 0;
  /** The bytes seen last, of what ends by several. */
  #ending = '';
  readonly #value: number[] = [];
  #wanted: number | undefined;
  #length = 0;

  constructor(tags: Tags) {
    this.#tags = tags;
  }

  /** Whether the bytes ended in the middle of a tag, comment or the like. */
  get within(): boolean {
    return this.#state !== 'text';
  }

  /** The last byte is a `<`, of which nothing is known yet. */
  get undecided(): boolean {
    return this.#state === 'lt';
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) at = this.#step(bytes, at);
  }

  /** Looks at one byte, or at many that mean nothing; gives the position of the last one looked at. */
  #step(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]!;
    switch (this.#state) {
      case 'text':
        return this.#text(bytes, at);
      case 'lt':
        this.#afterLt(byte, at);
        return at;
      case 'name':
        if (isBlank(byte) || byte === GT || byte === SLASH) {
          this.#state = 'tag';
          return this.#step(bytes, at);
        }
        if (this.#tagName.length < MAX_NAME) this.#tagName += String.fromCharCode(byte);
        return at;
      case 'tag':
        this.#inTag(byte, at);
        return at;
      case 'value':
        return this.#inValue(bytes, at);
      case 'close':
      case 'declaration':
        if (byte === GT) {
          if (this.#state === 'close') this.#tags.close(at + 1);
          this.#state = 'text';
        }
        return at;
      case 'bang':
        this.#bang(byte);
        return at;
      case 'comment':
        return this.#until(bytes, at, '-->');
      case 'cdata':
        return this.#until(bytes, at, ']]>');
      case 'pi':
        return this.#until(bytes, at, '?>');
    }
  }

  #text(bytes: Uint8Array, at: number): number {
    const found = bytes.indexOf(LT, at);
    if (found < 0) return bytes.length;
    this.#state = 'lt';
    return found;
  }

  #afterLt(byte: number, at: number): void {
    this.#ending = '';
    if (byte === SLASH) this.#state = 'close';
    else if (byte === 0x21) this.#state = 'bang';
    else if (byte === 0x3f) this.#state = 'pi';
    else if (!isName(byte)) {
      // A stray `<` in text.
      this.#state = byte === LT ? 'lt' : 'text';
    } else {
      this.#state = 'name';
      this.#tagName = String.fromCharCode(byte);
      this.#attribute = '';
      this.#equals = false;
      this.#last = 0;
      this.#tags.begin(at - 1);
    }
  }

  #inTag(byte: number, at: number): void {
    const last = this.#last;
    this.#last = byte;
    if (byte === GT) {
      this.#state = 'text';
      this.#tags.start(this.#tagName, at + 1, last === SLASH);
    } else if (byte === 0x22 || byte === 0x27) {
      this.#quote = byte;
      this.#state = 'value';
      this.#value.length = 0;
      this.#length = 0;
      this.#wanted = this.#equals ? this.#tags.wants(this.#tagName, this.#attribute) : undefined;
    } else if (byte === EQUALS) this.#equals = true;
    else if (!isBlank(byte) && byte !== SLASH) {
      if (isBlank(last) || this.#equals) this.#attribute = '';
      this.#equals = false;
      if (this.#attribute.length < MAX_NAME) this.#attribute += String.fromCharCode(byte);
    }
  }

  #inValue(bytes: Uint8Array, at: number): number {
    const found = bytes.indexOf(this.#quote, at);
    const end = found < 0 ? bytes.length : found;
    if (this.#wanted !== undefined) {
      const stop = Math.min(end, at + this.#wanted - this.#value.length);
      for (let i = at; i < stop; i++) this.#value.push(bytes[i]!);
      this.#length += end - at;
    }
    if (found < 0) return bytes.length;
    if (this.#wanted !== undefined)
      this.#tags.attribute(this.#attribute, Uint8Array.from(this.#value), this.#length);
    this.#state = 'tag';
    this.#last = 0x20;
    this.#equals = false;
    return found;
  }

  #bang(byte: number): void {
    this.#ending += String.fromCharCode(byte);
    if (this.#ending === '--') this.#state = 'comment';
    else if (this.#ending === '[CDATA[') this.#state = 'cdata';
    else if (!'--'.startsWith(this.#ending) && !'[CDATA['.startsWith(this.#ending))
      this.#state = byte === GT ? 'text' : 'declaration';
    else return;
    this.#ending = '';
  }

  #until(bytes: Uint8Array, from: number, end: string): number {
    for (let at = from; at < bytes.length; at++) {
      this.#ending = (this.#ending + String.fromCharCode(bytes[at]!)).slice(-end.length);
      if (this.#ending !== end) continue;
      this.#state = 'text';
      return at;
    }
    return bytes.length;
  }
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** A letter, `_`, `:` or a byte of a character beyond ASCII. */
const isName = (byte: number): boolean =>
  ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) || byte === 0x5f || byte === 0x3a || byte >= 0x80;
