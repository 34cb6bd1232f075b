import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '../../lib/bytes.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import { Chunker, chunkBits, gearTable } from './index.ts';

const gear = gearTable(platform, new Uint8Array(32).fill(7));

function chunks(bytes: Uint8Array, piece = 65_536, table = gear): Uint8Array[] {
  const chunker = new Chunker(table, chunkBits(bytes.length));
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += piece)
    for (const chunk of chunker.push(bytes.subarray(at, at + piece))) found.push(chunk.slice());
  for (const chunk of chunker.end()) found.push(chunk.slice());
  return found;
}

const hashes = (bytes: Uint8Array): Set<string> =>
  new Set(chunks(bytes).map((chunk) => platform.sha256(chunk).toHex()));

const noise = platform.random(8 * 1024 * 1024);

test('chunks are the content, whatever pieces it came in', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_500_000 }),
      fc.integer({ min: 1, max: 300_000 }),
      (length, piece) => {
        const bytes = noise.subarray(0, length);
        const cut = chunks(bytes, piece);
        assert.ok(platform.sha256(concat(...cut)).toHex() === platform.sha256(bytes).toHex());
        assert.deepEqual(
          cut.map((chunk) => chunk.length),
          chunks(bytes).map((chunk) => chunk.length),
        );
      },
    ),
    { numRuns: 20 },
  );
});

test('lengths stay between half and four times the average', () => {
  const lengths = chunks(noise).map((chunk) => chunk.length);
  assert.ok(lengths.slice(0, -1).every((length) => length >= 131_072 && length <= 1_048_576));
  assert.ok(lengths.length > 16 && lengths.length < 64, `${lengths.length}`);
  const zeros = chunks(new Uint8Array(5_000_000)).map((chunk) => chunk.length);
  assert.ok(zeros.every((length) => length <= 1_048_576));
});

test('an insertion changes the chunks around it and no others', () => {
  const inserted = concat(noise.subarray(0, 3_000_000), platform.random(1000), noise.subarray(3_000_000));
  const before = hashes(noise);
  const fresh = [...hashes(inserted)].filter((hash) => !before.has(hash));
  assert.ok(fresh.length <= 4, `${fresh.length} of ${before.size}`);
});

test('another secret cuts elsewhere', () => {
  const other = gearTable(platform, new Uint8Array(32).fill(8));
  assert.notDeepEqual(
    chunks(noise, 65_536, other).map((chunk) => chunk.length),
    chunks(noise).map((chunk) => chunk.length),
  );
});

test('a very large item has chunks in proportion', () => {
  const chunker = new Chunker(gear, chunkBits(64 * 1024 ** 3));
  let count = 0;
  for (let i = 0; i < 32; i++) for (const _ of chunker.push(noise)) count++;
  assert.ok(count > 20 && count < 128, `${count} chunks in 256 MiB of 64 GiB`);
});

test('the average keeps to what it was, as long as it is at most twice what it has to be', () => {
  const GiB = 1024 ** 3;
  assert.deepEqual(
    [0, 1_048_577, GiB, 4 * GiB, 4 * GiB + 1, 5e9, 9 * GiB].map((size) => chunkBits(size)),
    [18, 18, 18, 18, 19, 19, 20],
  );
  assert.equal(chunkBits(4 * GiB, 19), 19, 'a little shorter than it was');
  assert.equal(chunkBits(4 * GiB + 1, 18), 19, 'more chunks than can be remembered');
  assert.equal(chunkBits(4 * GiB, 20), 18);
});
