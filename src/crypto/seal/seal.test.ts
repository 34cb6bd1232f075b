import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nodePlatform as platform } from '../../platform/node.ts';
import { FRAME_BODY, FRAME_CAPACITY, type FramePlace, MAX_FRAME } from '../../set/index.ts';
import { openFrames, packFrame, sealFrames, segmentKey } from './index.ts';

const place = (): FramePlace => ({
  set: platform.random(16),
  database: platform.random(16),
  stream: 'data',
  salt: platform.random(16),
});

test('what was sealed is what is opened', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 5 }),
      fc.boolean(),
      fc.boolean(),
      async (items, compress, pad) => {
        const at = place();
        const key = segmentKey(platform, platform.random(32), at);
        const bodies = await Promise.all(items.map((raw) => packFrame(platform, raw, { compress, pad })));
        const stored = await sealFrames(platform, key, at, bodies, 3);
        const frames = stored.map((bytes, i) => ({ number: 3 + i, bytes }));
        const opened = await openFrames(platform, key, at, frames, 's');
        assert.deepEqual(
          opened.map((b) => [...b]),
          items.map((b) => [...b]),
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('random data fills a frame exactly, text shrinks', async () => {
  const random = await packFrame(platform, platform.random(FRAME_CAPACITY), { compress: true, pad: true });
  assert.equal(random.length, FRAME_BODY);
  const text = new TextEncoder().encode('TEL;TYPE=cell:+358 40 1234567\r\n'.repeat(1000));
  assert.ok((await packFrame(platform, text, { compress: true, pad: true })).length < text.length / 20);
  const [stored] = await sealFrames(platform, platform.random(32), place(), [random]);
  assert.equal(stored!.length, MAX_FRAME);
});

test('a frame altered, renumbered, cut, or put elsewhere is named and not opened', async () => {
  const at = place();
  const dataKey = platform.random(32);
  const key = segmentKey(platform, dataKey, at);
  const body = await packFrame(platform, platform.random(100), { compress: true, pad: true });
  const [bytes] = await sealFrames(platform, key, at, [body]);
  const refused = (where: FramePlace, k: Uint8Array, number: number, b: Uint8Array) =>
    assert.rejects(openFrames(platform, k, where, [{ number, bytes: b }], 'seg'), {
      code: 'ERR_NOT_AUTHENTIC',
      message: /segment seg, frame \d/,
    });
  for (let i = 0; i < bytes!.length; i++) {
    const flipped = bytes!.slice();
    flipped[i]! ^= 0x40;
    await refused(at, key, 0, flipped);
  }
  for (const length of [0, 1, 16, 17, bytes!.length - 1])
    await refused(at, key, 0, bytes!.subarray(0, length));
  await refused(at, key, 1, bytes!);
  const elsewhere = { ...at, stream: 'index' as const };
  await refused(elsewhere, key, 0, bytes!);
  await refused(elsewhere, segmentKey(platform, dataKey, elsewhere), 0, bytes!);
});
