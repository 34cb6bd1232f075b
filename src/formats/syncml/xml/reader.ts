/**
 * Reads XML token by token over the bytes themselves, so that offsets are those of the document and long texts are
 * neither copied nor decoded unless asked for. The reader stands on one token until `advance`.
 */
import { fromUtf8Strict, utf8 } from '../../../lib/bytes.ts';
import { XmlError, type XmlErrorCode } from './errors.ts';
import { unescapeXml } from './escape.ts';

export type XmlTokenKind = 'open' | 'close' | 'text' | 'end';

/** Elements within each other. */
const MAX_DEPTH = 32;
/** Bytes of a tag, from `<` to `>`. */
const MAX_TAG = 512;

const LT = 0x3c;
const GT = 0x3e;
const BANG = 0x21;
const DECLARATION =
  /^<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"UTF-8"|'UTF-8'|"utf-8"|'utf-8'))?\s*\?>$/;
const TAG =
  /^<(\/?)([A-Za-z_][A-Za-z0-9._-]*)(?:[ \t\r\n]+xmlns[ \t\r\n]*=[ \t\r\n]*(?:"([^"&<]*)"|'([^'&<]*)'))?[ \t\r\n]*(\/?)>$/;
const CDATA_START = utf8('<![CDATA[');
/** What XML 1.0 §2.2 does not allow as a character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

interface Open {
  readonly name: string;
  readonly namespace: string;
}

export class XmlReader {
  /** The token on which the reader stands; at first the root's `open`. */
  kind: XmlTokenKind = 'end';
  /** `open` and `close`: the element's name and namespace. */
  name = '';
  namespace = '';
  /** `text`: its bytes as they stand in the input, a view. */
  value: Uint8Array = new Uint8Array(0);
  /** Where the token (for a CDATA section: its content) begins in the input. */
  offset = 0;

  readonly #bytes: Uint8Array;
  readonly #open: Open[] = [];
  #at = 0;
  #emptyElement = false;
  #cdata = false;

  /** @throws XmlError when there is no root element to begin with */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    if (bytes[0] === LT && bytes[1] === 0x3f) this.#declaration();
    this.#space();
    if (bytes[this.#at] === undefined) throw this.#error('ERR_XML_TRUNCATED', 'no root element');
    if (bytes[this.#at] !== LT) throw this.#error('ERR_XML_MALFORMED', 'text before the root element');
    this.#tag();
    if (this.kind !== 'open') throw this.#error('ERR_XML_MALFORMED', 'no root element');
  }

  /** Goes to the next token; at `end` it stays there. */
  advance(): void {
    if (this.#emptyElement) this.#close();
    else if (this.#open.length > 0) this.#content();
    else this.#end();
  }

  /** Passes over a text that is nothing but white space. */
  skipSpace(): void {
    if (this.kind === 'text' && !this.#cdata && this.value.every(isSpace)) this.advance();
  }

  /** The text of a `text` token, line ends as XML 1.0 §2.11 has them. @throws XmlError */
  text(): string {
    let raw: string;
    try {
      raw = fromUtf8Strict(this.value);
    } catch (cause) {
      throw this.#error('ERR_XML_MALFORMED', 'text that is not UTF-8', { cause });
    }
    if (FORBIDDEN.test(raw) || (!this.#cdata && raw.includes(']]>')))
      throw this.#error('ERR_XML_MALFORMED', 'text with characters that are not allowed');
    const text = this.#cdata ? raw : unescapeXml(raw);
    if (text === undefined)
      throw this.#error('ERR_XML_UNSUPPORTED', 'an entity or character reference other than the five');
    return text.replace(/\r\n?/g, '\n');
  }

  #content(): void {
    if (this.#bytes[this.#at] !== LT) this.#characters();
    else if (this.#bytes[this.#at + 1] === BANG) this.#section();
    else this.#tag();
  }

  #characters(): void {
    const end = this.#bytes.indexOf(LT, this.#at);
    if (end < 0) throw this.#truncated();
    this.#text(this.#at, end, false);
    this.#at = end;
  }

  /** `<!`: a CDATA section; document types and comments are refused. */
  #section(): void {
    const start = this.#at + CDATA_START.length;
    const given = this.#bytes.subarray(this.#at, start);
    if (!CDATA_START.every((byte, i) => given[i] === undefined || given[i] === byte))
      throw this.#error('ERR_XML_UNSUPPORTED', 'a document type or a comment');
    for (let end = start; (end = this.#bytes.indexOf(GT, end)) >= 0; end++)
      if (end >= start + 2 && this.#bytes[end - 1] === 0x5d && this.#bytes[end - 2] === 0x5d) {
        this.#text(start, end - 2, true);
        this.#at = end + 1;
        return;
      }
    throw this.#truncated();
  }

  #text(from: number, to: number, cdata: boolean): void {
    this.kind = 'text';
    this.offset = from;
    this.value = this.#bytes.subarray(from, to);
    this.#cdata = cdata;
  }

  #tag(): void {
    this.offset = this.#at;
    const parts = TAG.exec(this.#upToGt());
    if (!parts)
      throw this.#error(
        'ERR_XML_UNSUPPORTED',
        'something that is no tag, or one with attributes other than xmlns',
      );
    const [, slash, name = '', double, single, empty] = parts;
    const namespace = double ?? single;
    if (slash) {
      if (empty || namespace !== undefined || this.#open.at(-1)?.name !== name)
        throw this.#error('ERR_XML_MALFORMED', 'an end tag that ends nothing');
      this.#close();
      return;
    }
    if (this.#open.length >= MAX_DEPTH)
      throw this.#error('ERR_XML_LIMIT', `more than ${MAX_DEPTH} elements within each other`);
    this.name = name;
    this.namespace = namespace ?? this.#open.at(-1)?.namespace ?? '';
    this.#open.push({ name, namespace: this.namespace });
    this.#emptyElement = empty === '/';
    this.kind = 'open';
  }

  #close(): void {
    this.#emptyElement = false;
    const element = this.#open.pop()!;
    this.name = element.name;
    this.namespace = element.namespace;
    this.kind = 'close';
  }

  #end(): void {
    this.#space();
    if (this.#at !== this.#bytes.length)
      throw this.#error('ERR_XML_MALFORMED', 'something after the end of the root element');
    this.kind = 'end';
  }

  #declaration(): void {
    if (!DECLARATION.test(this.#upToGt()))
      throw this.#error('ERR_XML_UNSUPPORTED', 'a declaration other than of XML 1.0 in UTF-8');
  }

  /** Takes everything up to the next `>`, which must come within the limit. */
  #upToGt(): string {
    const range = this.#bytes.subarray(this.#at, this.#at + MAX_TAG);
    const end = range.indexOf(GT);
    if (end < 0) {
      if (range.length < MAX_TAG) throw this.#truncated();
      throw this.#error('ERR_XML_LIMIT', `a tag of more than ${MAX_TAG} bytes`);
    }
    this.#at += end + 1;
    // Latin-1 on purpose: tags are ASCII, and anything else must not match.
    return String.fromCharCode(...range.subarray(0, end + 1));
  }

  #space(): void {
    for (let byte: number | undefined; (byte = this.#bytes[this.#at]) !== undefined && isSpace(byte); )
      this.#at++;
  }

  #truncated(): XmlError {
    return new XmlError('ERR_XML_TRUNCATED', `the ${this.#bytes.length} bytes end too early`);
  }

  #error(code: XmlErrorCode, what: string, options?: ErrorOptions): XmlError {
    return new XmlError(code, `near byte ${this.#at}: ${what}`, options);
  }
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
