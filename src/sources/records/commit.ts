/** Carries out what was staged: each file is composed anew beside its place; later all of them take their places. */
import { closeSync, fchmodSync, fstatSync, fsyncSync, openSync } from 'node:fs';
import {
  type BytePath,
  changedFile,
  flush,
  fsPath,
  identityOf,
  READING,
  refuseChanged,
  sameFile,
  syncDirectory,
  type Temporaries,
  type Temporary,
} from '../files/index.ts';
import { arrange, type Piece } from './arrange.ts';
import type { Span } from './finder.ts';
import type { RecordKind } from './kind.ts';
import { readSpan } from './layout.ts';
import { Output, windowed } from './output.ts';
import type { Target } from './target.ts';

/** Messages are nobody else's business. */
const NEW_FILE = 0o600;
/** From so many files on, one barrier for all is cheaper than one for each. */
const MANY = 8;
/** A file as it will be. */
export interface Composed {
  readonly target: Target;
  readonly out: Temporary;
}

/** Composes all files beside their places. */
export async function composeAll(
  kind: RecordKind,
  folder: BytePath,
  targets: readonly Target[],
  staging: Temporary,
  temporaries: Temporaries,
): Promise<Composed[]> {
  const composed = targets.map((target) => {
    const out = temporaries.create(folder, NEW_FILE);
    compose(kind, target, staging, out);
    // What was there must not go before the new bytes are on disk.
    if (targets.length < MANY) fsyncSync(out.fd);
    out.end();
    return { target, out };
  });
  if (targets.length >= MANY) await flush(folder);
  return composed;
}

/** They take their places. */
export function takePlaces(folder: BytePath, composed: readonly Composed[]): void {
  for (const { target } of composed) refuseChanged(target.path, target.identity);
  for (const { target, out } of composed) out.moveTo(target.path);
  syncDirectory(folder);
}

function compose(kind: RecordKind, target: Target, staging: Temporary, out: Temporary): void {
  const old = target.found && openOld(target);
  try {
    const size = Number(target.identity?.size ?? 0);
    const read = windowed((span: Span) => readSpan(old!, span), size);
    const { pieces, change } = arrange(target, kind, read);
    const output = new Output(out, read, (span) => staging.read(span.offset, span.length));
    let before: Piece | undefined;
    for (const piece of recounted(pieces, kind, change, read)) {
      const loose = piece.loose || before?.loose === true;
      if (piece.kind === 'part' || before?.kind === 'part')
        output.append(kind.separator(output.tail, piece.kind, loose));
      output.copy(piece.where);
      before = piece;
    }
    output.end();
    fchmodSync(out.fd, target.identity?.mode ?? NEW_FILE);
  } finally {
    if (old !== undefined) closeSync(old);
  }
}

function recounted(
  pieces: readonly Piece[],
  kind: RecordKind,
  change: number,
  read: (span: Span) => Uint8Array,
): readonly Piece[] {
  const [first, ...rest] = pieces;
  if (change === 0 || first?.kind !== 'gap' || first.where.in === 'staging') return pieces;
  const bytes = first.where.in === 'memory' ? first.where.bytes : read(first.where);
  return [{ ...first, where: { in: 'memory', bytes: kind.recount(bytes, change) } }, ...rest];
}

function openOld(target: Target): number {
  const fd = openSync(fsPath(target.path), READING);
  if (sameFile(identityOf(fstatSync(fd, { bigint: true })), target.identity!)) return fd;
  closeSync(fd);
  throw changedFile(target.path);
}
