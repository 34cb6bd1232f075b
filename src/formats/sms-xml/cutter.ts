import { concat } from '../../lib/bytes.ts';
import type { Cut, Cutter } from '../cut/index.ts';
import { ElementFacts } from './element.ts';
import { SmsXmlError } from './errors.ts';
import { Scanner, type Tags } from './scanner.ts';

/**
 * A part is an element directly below the root: `sms`, `mms`, `call`. Declaration, root tags, comments and white
 * space are gaps. An element without its end is a gap too.
 *
 * Its id is made of what identifies it (of an SMS: type, address, date and body): any text, to be hashed.
 *
 * @param bare there is no root: the stream is such elements
 */
export const smsXmlCutter = (bare = false): Cutter => new SmsXmlCutter(bare);

const ROOTS: ReadonlySet<string> = new Set(['smses', 'calls']);
const LT = Uint8Array.of(0x3c);

class SmsXmlCutter implements Cutter, Tags {
  damage: string | undefined;
  readonly #bare: boolean;
  readonly #scanner = new Scanner(this);
  #depth: number;
  #open: ElementFacts | undefined;
  #rooted = false;
  /** An end tag stood where nothing was open. */
  #unmatched = false;
  #blank = true;
  #first = true;

  #held = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #cuts: Cut[] = [];

  constructor(bare: boolean) {
    this.#bare = bare;
    this.#depth = bare ? 1 : 0;
  }

  /** @throws SmsXmlError when it is something else */
  push(chunk: Uint8Array): Cut[] {
    if (this.#first) this.#check(chunk);
    // The `<` before them, of which nothing was known.
    this.#bytes = this.#held ? concat(LT, chunk) : chunk;
    this.#from = 0;
    this.#cuts = [];
    this.#blank &&= isBlank(chunk);
    this.#scanner.push(chunk);
    if (chunk.length > 0) {
      const offset = this.#held ? 1 : 0;
      this.#held = this.#scanner.undecided;
      this.#give(chunk.length + offset - (this.#held ? 1 : 0));
    }
    return this.#cuts;
  }

  /** @throws SmsXmlError when it is something else */
  end(): Cut[] {
    this.#cuts = [];
    this.#bytes = LT;
    this.#from = 0;
    if (this.#held) this.#give(1);
    if (this.#open) this.#cuts.push({ kind: 'end' });
    if (!this.#bare && !this.#rooted && !this.#blank) throw foreign('it has no root element');
    const complete = this.#depth === (this.#bare ? 1 : 0) && !this.#open && !this.#scanner.within;
    if (!complete) this.damage = 'it ends before its last element does: it was cut short; export it again';
    else if (this.#unmatched) this.damage = 'it has more end tags than it has elements: export it again';
    return this.#cuts;
  }

  begin(at: number): void {
    if (this.#depth !== 1 || this.#open) return;
    this.#give(this.#position(at));
    this.#open = new ElementFacts();
  }

  wants(tag: string, attribute: string): number | undefined {
    return this.#open?.wants(this.#depth === 1, tag, attribute);
  }

  attribute(name: string, value: Uint8Array, length: number): void {
    this.#open?.attribute(this.#depth === 1, name, value, length);
  }

  start(name: string, next: number, selfClosing: boolean): void {
    if (this.#depth === 0) {
      if (!ROOTS.has(name)) throw foreign(`its root element is <${name}>, neither <smses> nor <calls>`);
      this.#rooted = true;
    }
    this.#open?.started(this.#depth === 1, name);
    if (!selfClosing) this.#depth++;
    else if (this.#depth === 1) this.#closePart(next);
  }

  close(next: number): void {
    if (this.#depth === 0) this.#unmatched = true;
    this.#depth = Math.max(this.#bare ? 1 : 0, this.#depth - 1);
    if (this.#depth <= 1) this.#closePart(next);
  }

  #closePart(next: number): void {
    if (!this.#open) return;
    this.#give(this.#position(next));
    this.#cuts.push({ kind: 'end', facts: this.#open.end() });
    this.#open = undefined;
  }

  #position(at: number): number {
    return at + (this.#held ? 1 : 0);
  }

  #give(to: number): void {
    if (to > this.#from) {
      const bytes = this.#bytes.subarray(this.#from, to);
      this.#cuts.push({ kind: this.#open ? 'part' : 'gap', bytes });
    }
    this.#from = Math.max(this.#from, to);
  }

  #check(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#first = false;
    const [a, b] = chunk;
    if (a === 0 || b === 0 || (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
      throw new SmsXmlError('ERR_SMS_XML_ENCODING', 'it is UTF-16: export it again as UTF-8');
  }
}

function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf) return false;
  return true;
}

const foreign = (why: string): SmsXmlError =>
  new SmsXmlError('ERR_SMS_XML_FOREIGN', `it is no file of SMS Backup & Restore: ${why}`);
