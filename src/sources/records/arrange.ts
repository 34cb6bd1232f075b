/** In which order the pieces of a file are to stand. */

import { concat } from '../../lib/bytes.ts';
import { markOf } from '../listing/index.ts';
import type { Span } from './finder.ts';
import { partAt, partCount, type RecordItem } from './found.ts';
import type { Stored } from './incoming.ts';
import type { RecordKind } from './kind.ts';
import { parseLayout } from './layout.ts';
import type { Slot, Target } from './target.ts';

export type Where = Stored | { readonly in: 'file'; readonly offset: number; readonly length: number };

export interface Piece {
  readonly kind: 'gap' | 'part';
  readonly where: Where;
  /** It does not stand behind what it stood behind before. */
  readonly loose: boolean;
}

export interface Arranged {
  readonly pieces: Piece[];
  /** Items more than the gaps know of. */
  readonly change: number;
}

/** @param read bytes of the file as it is */
export function arrange(target: Target, kind: RecordKind, read: (span: Span) => Uint8Array): Arranged {
  const added = target.added();
  if (target.found) return { pieces: withAdded(target, kind, read, added), change: added.length };
  if (target.layouts.has('')) return anew(target, kind, added);
  const { before, after } = kind.wrapper(added.length, added[0]?.id ?? '');
  const pieces = [gap(before), ...added.flatMap(stagedParts), gap(after)].filter(isSomething);
  return { pieces, change: 0 };
}

/** The file with replaced items in their places, and new ones behind those that the layout has before them. */
function withAdded(
  target: Target,
  kind: RecordKind,
  read: (span: Span) => Uint8Array,
  added: readonly Slot[],
): Piece[] {
  const { sequence } = target.found!;
  const { behind, rest } = anchors(target, added);
  const met = new Map<RecordItem, number>();
  const bytesOf = (piece: Piece): Uint8Array =>
    piece.where.in === 'memory' ? piece.where.bytes : read(piece.where);
  let pieces: Piece[] = [];
  const emit = (anchor: string): void => {
    for (const slot of behind.get(anchor) ?? []) pieces.push(...stagedParts(slot));
    behind.delete(anchor);
  };
  let first = true;
  let offset = 0;
  for (const entry of sequence) {
    if (typeof entry === 'number') {
      pieces.push({ kind: 'gap', where: { in: 'file', offset, length: entry }, loose: false });
      offset += entry;
      continue;
    }
    if (first) pieces = insert(pieces, (behind.get('') ?? []).flatMap(stagedParts), kind, bytesOf);
    if (first) behind.delete('');
    first = false;
    const part = met.get(entry) ?? 0;
    met.set(entry, part + 1);
    const { length } = partAt(entry, part);
    const last = part + 1 === partCount(entry);
    const slot = target.slotOf(entry);
    if (!slot.staged) pieces.push({ kind: 'part', where: { in: 'file', offset, length }, loose: false });
    else pieces.push(...stagedParts(slot).slice(part, last ? undefined : part + 1));
    offset += length;
    if (behind.size > 0) emit(anchorOf(entry.mark, part));
  }
  const more = [...behind.values(), rest].flat().flatMap(stagedParts);
  return insert(pieces, more, kind, bytesOf);
}

const anchorOf = (mark: string, part: number): string => `${mark} ${part}`;

/** Behind which part of an item of the file each new one stood, as far as the layout says; empty: before them all. */
function anchors(target: Target, added: readonly Slot[]): { behind: Map<string, Slot[]>; rest: Slot[] } {
  const behind = new Map<string, Slot[]>();
  const rest = new Set(added);
  if (target.layouts.size === 0 || added.length === 0) return { behind, rest: [...rest] };
  const here = new Set(target.found!.items.map((item) => item.mark));
  const missing = new Map(added.map((slot) => [markOf(slot.id), slot]));
  const met = new Map<string, number>();
  let last = '';
  for (const entry of entriesOf(target)) {
    if (entry.kind === 'gap') continue;
    if (here.has(entry.mark)) {
      const part = met.get(entry.mark) ?? 0;
      met.set(entry.mark, part + 1);
      last = anchorOf(entry.mark, part);
    }
    const slot = missing.get(entry.mark);
    if (!slot || !rest.delete(slot)) continue;
    const group = behind.get(last);
    if (group) group.push(slot);
    else behind.set(last, [slot]);
  }
  return { behind, rest: [...rest] };
}

/** A file made of its layout; what that does not know goes to the end. */
function anew(target: Target, kind: RecordKind, added: readonly Slot[]): Arranged {
  const left = new Map(added.map((slot) => [slot, stagedParts(slot)]));
  const byMark = new Map(added.map((slot) => [markOf(slot.id), slot]));
  const named = new Set<string>();
  const pieces: Piece[] = [];
  let loose = false;
  for (const entry of entriesOf(target)) {
    if (entry.kind === 'gap') {
      pieces.push(gap(entry.bytes));
      continue;
    }
    named.add(entry.mark);
    const slot = byMark.get(entry.mark);
    const part = slot && left.get(slot)?.shift();
    if (part) pieces.push({ ...part, loose });
    loose = !part;
  }
  const bytesOf = (piece: Piece): Uint8Array => (piece.where.in === 'memory' ? piece.where.bytes : NONE);
  return {
    pieces: insert(pieces, [...left.values()].flat(), kind, bytesOf),
    change: added.length - named.size,
  };
}
const NONE = new Uint8Array(0);

/** The entries of the layout pieces, each piece named by the item before it. */
function* entriesOf({ layouts }: Target): Generator<ReturnType<typeof parseLayout>[number]> {
  const met = new Set<string>();
  let mark: string | undefined = '';
  while (mark !== undefined && !met.has(mark)) {
    met.add(mark);
    const bytes = layouts.get(mark);
    mark = undefined;
    for (const entry of bytes ? parseLayout(bytes) : []) {
      if (entry.kind === 'part') mark = entry.mark;
      yield entry;
    }
  }
}

/** Puts parts behind the last one; into a file without any, where its kind wants them. */
function insert(
  pieces: Piece[],
  more: readonly Piece[],
  kind: RecordKind,
  bytesOf: (gap: Piece) => Uint8Array,
): Piece[] {
  if (more.length === 0) return pieces;
  const last = pieces.findLastIndex((piece) => piece.kind === 'part');
  if (last >= 0) return [...pieces.slice(0, last + 1), ...more, ...pieces.slice(last + 1)];
  const [before, after] = kind.split(concat(...pieces.map(bytesOf)));
  return [gap(before), ...more, gap(after)].filter(isSomething);
}

/** An empty gap would hide what really stands before a part. */
const isSomething = ({ where }: Piece): boolean => where.in !== 'memory' || where.bytes.length > 0;

const gap = (bytes: Uint8Array): Piece => ({ kind: 'gap', where: { in: 'memory', bytes }, loose: false });

const stagedParts = (slot: Slot): Piece[] =>
  (slot.staged?.parts ?? []).map((where) => ({ kind: 'part', where, loose: true }));
