/**
 * The head of an index: what the entries are of, and the tables of all segments that their extents point into.
 * docs/format.md, "Index".
 */
import type { ItemClass } from '../../database/index.ts';
import { type ByteReader, type ByteWriter, MalformedError } from '../../lib/binary.ts';
import { readTable, type SegmentTable, writeTable } from '../segment/index.ts';

/** A source whose items the index lists. */
export interface IndexSource {
  readonly label: string;
  readonly kind: string;
}

export interface IndexHeader {
  readonly kind: 'full' | 'delta';
  /** The real name of the database. */
  readonly database: string;
  readonly class: ItemClass;
  readonly sources: readonly IndexSource[];
  /** Custody and key use under which the set was made: `company/user`. */
  readonly protection: string;
  /** Sequence of the policy message in force. 0: none. */
  readonly policy: number;
  /** Secret of the content-defined chunks of this chain; empty when nothing is cut by content. */
  readonly chunking: Uint8Array;
  /** Entries that follow. */
  readonly entries: number;
  /** Segments; extents name them by their place here. */
  readonly tables: readonly SegmentTable[];
}

const VERSION = 1;
const MAX_NAME = 1024;
const MAX_SOURCES = 1000;
const MAX_TABLES = 1 << 20;

/** An index head at most: 64 MiB, enough for the frames of 80 GB under one class of one database. */
export const MAX_HEADER = 64 * 1024 * 1024;

export function writeHeader(writer: ByteWriter, header: IndexHeader): void {
  writer.u8(VERSION).u8(header.kind === 'full' ? 0 : 1);
  writer.text(header.database).u8(header.class === 'enterprise' ? 0 : 1);
  writer.uint(header.sources.length);
  for (const source of header.sources) writer.text(source.label).text(source.kind);
  writer.text(header.protection).uint(header.policy).bytes(header.chunking).uint(header.entries);
  writer.uint(header.tables.length);
  for (const table of header.tables) writeTable(writer, table);
}

export function readHeader(reader: ByteReader): IndexHeader {
  const version = reader.u8();
  if (version !== VERSION) throw new MalformedError(`an index of version ${version}`);
  const kind = oneOf(reader.u8(), ['full', 'delta'] as const);
  const database = reader.text(MAX_NAME);
  const itemClass = oneOf(reader.u8(), ['enterprise', 'personal'] as const);
  const sources: IndexSource[] = [];
  for (let count = reader.uint(MAX_SOURCES); count > 0; count--)
    sources.push({ label: reader.text(MAX_NAME), kind: reader.text(MAX_NAME) });
  const protection = reader.text(MAX_NAME);
  const policy = reader.uint();
  const chunking = reader.bytes(32);
  const entries = reader.uint();
  const tables: SegmentTable[] = [];
  for (let count = reader.uint(MAX_TABLES); count > 0; count--) tables.push(readTable(reader));
  reader.end();
  return { kind, database, class: itemClass, sources, protection, policy, chunking, entries, tables };
}

function oneOf<T>(code: number, values: readonly T[]): T {
  const value = values[code];
  if (value === undefined) throw new MalformedError('an index of unknown kind or class');
  return value;
}
