import { IpdError } from './errors.ts';
import { readIpdFields } from './fields.ts';
import {
  IPD_HEAD,
  IPD_LEAST_LENGTH,
  IPD_LENGTH_END,
  IPD_MAGIC,
  IPD_MARKER,
  IPD_VERSION,
  type IpdPart,
  type IpdRest,
} from './parts.ts';

/** Where a part's first byte lies in the file, besides the part. Its bytes are valid until the next call. */
export type IpdEvent = IpdPart & { readonly offset: number };

export interface IpdLimits {
  /** Bytes up to the first record; 4 MiB unless told. */
  readonly header: number;
  /** Bytes of one record; 64 MiB unless told. A longer one, and all behind it, is rest. */
  readonly record: number;
}

/** Any bytes in, parts out. Memory is what the longest record takes, and never more than was pushed. */
export class IpdReader {
  readonly #limits: IpdLimits;
  #state: 'start' | 'names' | 'records' | IpdRest['reason'] = 'start';
  /** Bytes of a part that is not complete: the first `#held` of the buffer, which lie at `#offset` in the file. */
  #buffer = new Uint8Array(0);
  #held = 0;
  #offset = 0;
  #count = 0;
  #names: Uint8Array[] = [];

  constructor(limits: Partial<IpdLimits> = {}) {
    this.#limits = { header: limits.header ?? 4 * 1024 * 1024, record: limits.record ?? 64 * 1024 * 1024 };
  }

  /** @throws IpdError when it is no IPD file; never because of what lies behind the names */
  push(chunk: Uint8Array): IpdEvent[] {
    const bytes = this.#join(chunk);
    const events: IpdEvent[] = [];
    let at = 0;
    for (let next = this.#step(bytes, at, events); next > at; next = this.#step(bytes, at, events)) at = next;
    this.#keep(bytes, at);
    return events;
  }

  /** No more bytes. @throws IpdError `ERR_IPD_MAGIC`, `ERR_IPD_TRUNCATED` when the header is not complete */
  end(): IpdEvent[] {
    const bytes = this.#buffer.subarray(0, this.#held);
    if (this.#state === 'start') checkStart(bytes);
    if (this.#state === 'start' || this.#state === 'names')
      throw new IpdError(
        'ERR_IPD_TRUNCATED',
        `it ends at byte ${this.#offset + this.#held}, before its records`,
      );
    if (bytes.length === 0) return [];
    const marked = bytes.length >= 2 && u16(bytes, 0) === IPD_MARKER;
    return [{ kind: 'rest', reason: marked ? 'marker' : 'cut', bytes, offset: this.#offset }];
  }

  #join(chunk: Uint8Array): Uint8Array {
    if (this.#held === 0) return chunk;
    const needed = this.#held + chunk.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.#held);
    return this.#buffer.subarray(0, needed);
  }

  /** What was given out keeps its memory; what is left over moves to memory of its own. */
  #keep(bytes: Uint8Array, done: number): void {
    if (done > 0 || this.#held === 0) this.#buffer = bytes.slice(done);
    this.#held = bytes.length - done;
    this.#offset += done;
  }

  /** @returns the end of the part at `at`; `at` itself when more bytes are needed */
  #step(bytes: Uint8Array, at: number, events: IpdEvent[]): number {
    switch (this.#state) {
      case 'start':
        return this.#start(bytes);
      case 'names':
        return this.#name(bytes, at, events);
      case 'records':
        return this.#record(bytes, at, events);
      default:
        return this.#rest(this.#state, bytes, at, events);
    }
  }

  #start(bytes: Uint8Array): number {
    checkStart(bytes);
    if (bytes.length < IPD_HEAD) return 0;
    // The one big-endian number of the file, as all readers have it.
    this.#count = bytes[39]! * 0x100 + bytes[40]!;
    this.#state = 'names';
    return IPD_HEAD;
  }

  #name(bytes: Uint8Array, at: number, events: IpdEvent[]): number {
    if (this.#names.length === this.#count) {
      events.push({ kind: 'header', names: this.#names, offset: 0 });
      this.#names = [];
      this.#state = 'records';
      return this.#record(bytes, at, events);
    }
    if (bytes.length - at < 2) return at;
    const end = at + 2 + u16(bytes, at);
    if (this.#offset + end > this.#limits.header)
      throw new IpdError(
        'ERR_IPD_LIMIT',
        `the names of its databases take more than ${this.#limits.header} bytes`,
      );
    if (bytes.length < end) return at;
    this.#names.push(bytes.slice(at + 2, end));
    return end;
  }

  #record(bytes: Uint8Array, at: number, events: IpdEvent[]): number {
    if (bytes.length - at < IPD_LENGTH_END) return at;
    const database = u16(bytes, at);
    // Length counts what is behind it, and it alone says where the record ends: there is no other end mark.
    const length = u16(bytes, at + 2) + u16(bytes, at + 4) * 0x10000;
    const offset = this.#offset + at;
    if (database === IPD_MARKER && (length === 0 || length > this.#limits.record))
      return this.#rest('marker', bytes, at, events);
    if (length > this.#limits.record) return this.#rest('overlong', bytes, at, events);
    const body = at + IPD_LENGTH_END;
    const end = body + length;
    if (bytes.length < end) return at;
    // Readers differ over the marker: ccl_ipd stops, ipddump takes it for a record of the last database. With a length
    // that fits it is passed over, without one the data ends; a record too short to be one is passed over too.
    if (database === IPD_MARKER || length < IPD_LEAST_LENGTH) {
      events.push({ kind: 'opaque', database, body: bytes.subarray(body, end), offset });
      return end;
    }
    events.push({
      kind: 'record',
      database,
      version: bytes[body]!,
      handle: u16(bytes, body + 1),
      // Little-endian: service books repeat it so in field 0x17 (shatter.py alone reads it the other way).
      uniqueId: u16(bytes, body + 3) + u16(bytes, body + 5) * 0x10000,
      ...readIpdFields(bytes.subarray(body + IPD_LEAST_LENGTH, end)),
      offset,
    });
    return end;
  }

  #rest(reason: IpdRest['reason'], bytes: Uint8Array, at: number, events: IpdEvent[]): number {
    this.#state = reason;
    if (at < bytes.length)
      events.push({ kind: 'rest', reason, bytes: bytes.subarray(at), offset: this.#offset + at });
    return bytes.length;
  }
}

/** Looks at as much of the first 42 bytes as is there. */
function checkStart(bytes: Uint8Array): void {
  const wrong = IPD_MAGIC.findIndex((byte, i) => i < bytes.length && bytes[i] !== byte);
  // A space instead of the line feed marks a file with a password. Only ipddump knows it; nobody knows the rest.
  if (wrong === IPD_MAGIC.length - 1 && bytes[wrong] === 0x20)
    throw new IpdError('ERR_IPD_ENCRYPTED', 'the file has a password; make the backup again without one');
  if (wrong >= 0) throw new IpdError('ERR_IPD_MAGIC', `byte ${wrong} is not that of an IPD file`);
  const version = bytes[38];
  if (version !== undefined && version !== IPD_VERSION)
    throw new IpdError('ERR_IPD_VERSION', `version ${version} of the format, not ${IPD_VERSION}`);
  if (bytes[41]) throw new IpdError('ERR_IPD_MAGIC', 'byte 41 is not that of an IPD file');
}

const u16 = (bytes: Uint8Array, at: number): number => bytes[at]! + bytes[at + 1]! * 0x100;
