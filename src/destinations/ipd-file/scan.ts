import {
  IPD_FIELD_HEAD,
  IPD_RECORD_HEAD,
  type IpdEvent,
  type IpdField,
  readIpdText,
} from '../../formats/ipd/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { Contents } from './contents.ts';
import {
  decodeOpening,
  HOLDFAST,
  isName,
  kindOfType,
  OPENING,
  type Opening,
  PAYLOAD,
  payloadLength,
} from './layout.ts';
import { Payloads } from './payloads.ts';

/** What a plain IPD reader lists. */
export interface DatabaseCount {
  readonly name: string;
  readonly records: number;
}

/**
 * Finds the objects among the records of a file. Nothing in a file is trusted: what is not in the form that we write is
 * passed over, a segment counts once all its frames have followed, and what the bytes are worth is said by those who
 * hold hashes and keys.
 */
export class Scan {
  readonly contents = new Contents();
  readonly #names: string[] = [];
  readonly #counts: number[] = [];
  #holdfast = -1;
  #open: { readonly opening: Opening; readonly payloads: Payloads; database: number | undefined } | undefined;

  /** False before the header, and when it has no database of ours. */
  get isOurs(): boolean {
    return this.#holdfast >= 0;
  }

  databases(): DatabaseCount[] {
    return this.#names.map((name, i) => ({ name, records: this.#counts[i]! }));
  }

  take(event: IpdEvent): void {
    if (event.kind === 'header') {
      this.#names.push(...event.names.map(readIpdText));
      this.#counts.push(...this.#names.map(() => 0));
      this.#holdfast = this.#names.lastIndexOf(HOLDFAST);
      return;
    }
    const { database } = event.kind === 'rest' ? { database: -1 } : event;
    if (this.#counts[database] !== undefined) this.#counts[database]++;
    if (event.kind !== 'record' || event.tail.length > 0) this.#open = undefined;
    else this.#record(database, event.fields, event.offset);
  }

  #record(database: number, fields: readonly IpdField[], offset: number): void {
    const first = fields[0];
    if (first === undefined || first.type === PAYLOAD || database !== this.#holdfast) {
      this.#frame(database, fields, offset);
      return;
    }
    this.#open = undefined;
    if (first.type === OPENING) {
      const opening = fields.length === 1 ? decodeOpening(first.data) : undefined;
      if (opening) this.#open = { opening, payloads: new Payloads(), database: undefined };
      return;
    }
    const kind = kindOfType(first.type);
    const length = payloadLength(fields, 1);
    const name = fromUtf8(first.data);
    if (kind === undefined || length === undefined || !isName(name)) return;
    const payloads = new Payloads();
    payloads.add(offset + IPD_RECORD_HEAD + IPD_FIELD_HEAD + first.data.length, length);
    this.contents.add(name, { kind, payloads });
  }

  /** Frames follow their segment's opening with nothing in between, all in one database. */
  #frame(database: number, fields: readonly IpdField[], offset: number): void {
    const open = this.#open;
    if (!open) return;
    const length = payloadLength(fields, 0);
    const inHoldfast = database === this.#holdfast;
    if (
      !length ||
      inHoldfast !== (open.opening.stream === 'index') ||
      database !== (open.database ?? database)
    ) {
      this.#open = undefined;
      return;
    }
    open.database = database;
    open.payloads.add(offset + IPD_RECORD_HEAD, length);
    if (open.payloads.count < open.opening.frames) return;
    this.contents.add(open.opening.name, { kind: 'segment', opening: open.opening, payloads: open.payloads });
    this.#open = undefined;
  }
}
