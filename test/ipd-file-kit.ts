/** Backup files for tests: a temporary folder, sets of random frames put into a file, and a look at what came back. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIpdFile, type IpdFile, type OpenedIpdFile } from '../src/destinations/ipd-file/index.ts';
import { toBase64Url } from '../src/lib/bytes.ts';
import {
  envelopeName,
  manifestName,
  type ObjectKind,
  type SegmentData,
  segmentPath,
} from '../src/set/index.ts';

export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
export const id = (length = 16): string => toBase64Url(random(length));

export async function temporaryFolder(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-ipd-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export const DATABASES = ['Address Book', 'Memos', 'Fotos für Zoë'];

export const create = (path: string, replace = false): Promise<IpdFile> =>
  createIpdFile({ path, databases: DATABASES, nameOf: (database) => nameOf(database), replace });

/** Each database id belongs to one of the names. */
export const nameOf = (database: string): string => DATABASES[database.charCodeAt(0) % DATABASES.length]!;

export type Put =
  | { readonly kind: 'segment'; readonly name: string; readonly segment: SegmentData }
  | { readonly kind: ObjectKind; readonly name: string; readonly bytes: Uint8Array };

/** What an engine puts for one set with checkpoints: segments, an envelope, checkpoints, the manifest last. */
export function makeSet({ checkpoints = 2, frames = [30, 200, 1], manifest = 300 } = {}): Put[] {
  const place = { device: id(), chain: id() };
  const [set, database] = [random(16), random(16)];
  const segment = (stream: SegmentData['stream']): Put => {
    const one = { set, database, stream, id: random(8), salt: random(16), frames: frames.map(random) };
    return { kind: 'segment', name: segmentPath(place, toBase64Url(set), toBase64Url(one.id)), segment: one };
  };
  const name = manifestName(place, 1, toBase64Url(set));
  const puts: Put[] = [];
  for (let round = 0; round <= checkpoints; round++) {
    puts.push(segment('data'), segment('data'), segment('index'));
    if (round === 0) puts.push({ kind: 'envelope', name: envelopeName(place, id(), 0), bytes: random(500) });
    const kind = round < checkpoints ? 'checkpoint' : 'manifest';
    puts.push({ kind, name, bytes: random(manifest + round) });
  }
  return puts;
}

export async function putAll(file: IpdFile, puts: readonly Put[]): Promise<void> {
  for (const put of puts)
    if (put.kind === 'segment') await file.putSegment(put.name, put.segment);
    else await file.putObject(put.name, put.kind, put.bytes);
}

/** Everything that a file lists is what was put under that name. @returns how many objects there are */
export async function assertOnlyPut(file: OpenedIpdFile, puts: readonly Put[]): Promise<number> {
  const listed = await Array.fromAsync(file.list(''));
  for (const { name, size } of listed) {
    const candidates = puts.filter((put) => put.name === name);
    if (candidates[0]?.kind === 'segment')
      assert.deepEqual(await file.getSegment(name), candidates[0].segment);
    else {
      const bytes = await file.getObject(name, size);
      assert.ok(candidates.some((put) => put.kind !== 'segment' && Buffer.compare(put.bytes, bytes) === 0));
    }
  }
  return listed.length;
}
