import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBase64Url, utf8 } from '../../lib/bytes.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import { MAX_MANIFEST, type ManifestSegment } from '../../set/index.ts';
import { Room, requireReadable } from './room.ts';

const FILES = { database: 'Files', class: 'personal' } as const;
const tooLarge = (what: RegExp) => ({ code: 'ERR_SET_TOO_LARGE', kind: 'failed', message: what });
const frames = (length: number) => ({ frames: { length } as [] });

test('a set has as many segments as a manifest can name, over all databases', () => {
  const room = new Room();
  for (let i = 0; i < 100_000; i++) room.add({ ...FILES, database: `${i % 3}` }, frames(1));
  assert.throws(() => room.add(FILES, frames(1)), tooLarge(/100000 segments.*--database/));
});

test('a database and class has as many frames as an index can name', () => {
  const room = new Room();
  room.add(FILES, frames(1_000_000));
  room.add({ ...FILES, class: 'enterprise' }, frames(1_000_000));
  room.add({ ...FILES, database: 'Others' }, frames(1_000_000));
  room.add(FILES, frames(800_000));
  assert.throws(() => room.add(FILES, frames(1)), tooLarge(/"Files".*divide/));
});

const id = (bytes = 16): string => toBase64Url(platform.random(bytes));

test('so many segments, each as large as can be, fit into a manifest that readers take; no longer one is made', () => {
  const hash = id(32);
  const segment = (): ManifestSegment => ({
    id: id(8),
    stream: 'index',
    frames: 100_000,
    bytes: 8_388_608,
    hash,
  });
  const databases = Array.from({ length: 4 }, () => ({
    id: id(),
    segments: Array.from({ length: 25_000 }, segment),
  }));
  const payload = utf8(JSON.stringify({ databases }));
  // A JWS: header, payload in base64url, 64 bytes of signature; the rest of a manifest takes little.
  const length = 200 + Math.ceil((payload.length * 4) / 3) + 86;
  assert.ok(length < MAX_MANIFEST && length > MAX_MANIFEST * 0.8, `${length}`);
  requireReadable(MAX_MANIFEST);
  assert.throws(() => requireReadable(MAX_MANIFEST + 1), tooLarge(/100000 segments/));
});
