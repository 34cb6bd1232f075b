/** The items of a file as they are listed: packed, in order of uid, put together of their parts. */
import type { ByteWriter } from '../../lib/binary.ts';
import { type BytePath, fromBytes, toBytes } from '../files/index.ts';
import { type SortedRecord, SortedRecords } from '../listing/index.ts';
import { bodyOf, type PartDigest } from './digest.ts';
import type { FoundPart, PartTaker, Span } from './finder.ts';
import type { RecordKind } from './kind.ts';
import { type LayoutPiece, LayoutPieces } from './layout.ts';
import { scan } from './scan.ts';
import { formatUid, parseUid } from './uid.ts';
import { isUsual } from './usual.ts';

export interface ListedRecord {
  readonly uid: string;
  readonly id: string;
  readonly parts: readonly Span[];
  readonly title: string;
  readonly time: number;
  /** See `PartDigest`; the ends of several parts are joined by commas. */
  readonly body: string;
  readonly ends: string;
  readonly position: number;
}

export interface ListedFile {
  /** It was cut short, or broken otherwise. */
  readonly damage: string | undefined;
  /** How many items there are. */
  readonly items: number;
  /** Ascending by uid; to be gone through once. */
  readonly entries: Iterable<{ readonly uid: string; readonly what: ListedRecord | LayoutPiece }>;
}

/** @param prefix the file as uids name it; empty for the one file of a place */
export async function listFile(
  path: BytePath,
  name: BytePath,
  kind: RecordKind,
  prefix: BytePath,
): Promise<ListedFile> {
  const records = new Records(prefix);
  const pieces = new LayoutPieces();
  const taker: PartTaker = {
    gap: (length) => pieces.gap(length),
    part(part) {
      pieces.part(part);
      records.part(part);
    },
  };
  let layout: LayoutPiece[] = [];
  const { damage } = await scan(path, name, kind, taker, (fd) => {
    layout = pieces.finish(fd);
  });
  return { damage, items: records.items, entries: entriesOf(records, layout, kind, prefix) };
}

function* entriesOf(
  records: Records,
  layout: readonly LayoutPiece[],
  kind: RecordKind,
  prefix: BytePath,
): Generator<{ uid: string; what: ListedRecord | LayoutPiece }> {
  let pieces = layout
    .map((what) => ({ uid: formatUid({ file: prefix, id: what.id }), what }))
    .sort((a, b) => (a.uid < b.uid ? 1 : -1));
  for (const item of items(records)) {
    if (records.items === 1 && isUsual(item, layout, kind)) pieces = [];
    while (pieces.length > 0 && pieces.at(-1)!.uid < item.uid) yield pieces.pop()!;
    yield { uid: item.uid, what: item };
  }
  while (pieces.length > 0) yield pieces.pop()!;
}

/** Parts of one id, which stand behind each other now, are one item. */
function* items(records: Records): Generator<ListedRecord> {
  let parts: Part[] = [];
  for (const part of records.inOrder()) {
    if (parts.length > 0 && parts[0]!.uid !== part.uid) {
      yield together(parts);
      parts = [];
    }
    parts.push(part);
  }
  if (parts.length > 0) yield together(parts);
}

function together(parts: readonly Part[]): ListedRecord {
  const [first] = parts;
  const main = parts.find((part) => part.main) ?? first!;
  return {
    uid: first!.uid,
    id: parseUid(first!.uid).id,
    parts: parts.map(({ offset, length }) => ({ offset, length })),
    title: main.title,
    time: parts.reduce((latest, { time }) => Math.max(latest, time), first!.time),
    body: bodyOf(parts),
    ends: parts.map(({ ends }) => ends).join(),
    position: first!.position,
  };
}

interface Part extends Span, PartDigest {
  readonly uid: string;
  readonly title: string;
  readonly time: number;
  readonly main: boolean;
  readonly position: number;
}

class Records {
  /** So far. */
  items = 0;
  readonly #prefix: BytePath;
  readonly #sorted = new SortedRecords();

  constructor(prefix: BytePath) {
    this.#prefix = prefix;
  }

  part(part: FoundPart): void {
    const uid = formatUid({ file: this.#prefix, id: part.id });
    this.#sorted.add(uid, toBytes(part.digest.body), (facts) => writePart(facts, part, this.items));
    if (!part.further) this.items++;
  }

  *inOrder(): Generator<Part> {
    for (const record of this.#sorted.inOrder()) yield readPart(record);
  }
}

/** Bits: of several parts the one that counts; a time before 1970. */
const MAIN = 1;
const BEFORE = 2;

function writePart(to: ByteWriter, { facts, digest, offset, length }: FoundPart, position: number): void {
  const time = Number.isSafeInteger(facts.time) ? facts.time : 0;
  to.u8((facts.main ? MAIN : 0) | (time < 0 ? BEFORE : 0))
    .uint(Math.abs(time))
    .text(facts.title.slice(0, MOST_TITLE))
    .uint(offset)
    .uint(length)
    .uint(position)
    .text(digest.ends);
}

function readPart({ uid, digest, facts: from }: SortedRecord): Part {
  const flags = from.u8();
  const time = from.uint();
  return {
    uid,
    main: (flags & MAIN) !== 0,
    time: flags & BEFORE ? -time : time,
    title: from.text(MAX_TEXT),
    offset: from.uint(),
    length: from.uint(),
    position: from.uint(),
    ends: from.text(MAX_TEXT),
    body: fromBytes(digest),
  };
}
/** Characters; more of it is shown nowhere. */
const MOST_TITLE = 1024;
const MAX_TEXT = 64 * 1024;
