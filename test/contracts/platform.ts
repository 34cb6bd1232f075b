/**
 * What every platform has to give: the primitives of the format, against published vectors and against WebCrypto.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, release, toHex, utf8 } from '../../src/lib/bytes.ts';
import type { Platform } from '../../src/platform/index.ts';

const NOTHING = new Uint8Array(0);

export function platformContract(name: string, platform: Platform): void {
  test(`${name}: SHA-256 as in FIPS 180-4, at once and in pieces`, () => {
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    assert.equal(toHex(platform.sha256(utf8('abc'))), digest);
    assert.equal(toHex(platform.hasher().update(utf8('a')).update(utf8('bc')).digest()), digest);
  });

  test(`${name}: HKDF-SHA256 as in RFC 5869, A.1`, () => {
    const salt = fromHex('000102030405060708090a0b0c');
    const info = fromHex('f0f1f2f3f4f5f6f7f8f9');
    assert.equal(
      toHex(platform.hkdf(new Uint8Array(22).fill(0x0b), salt, info, 42)),
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });

  test(`${name}: AES-256-GCM as in the specification of GCM, test case 14`, async () => {
    const frame = { number: 0, aad: NOTHING, bytes: new Uint8Array(16) };
    const [sealed] = await platform.seal(new Uint8Array(32), [frame]);
    assert.equal(toHex(sealed!), 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919');
  });

  test(`${name}: frames are those of WebCrypto under the frame number as nonce, and open again`, async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const number = fc.integer({ min: 0, max: 0xffffffff });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        number,
        bytes,
        bytes,
        async (...all) => {
          const [key, n, aad, plain] = all;
          const iv = new Uint8Array(12);
          new DataView(iv.buffer).setUint32(8, n);
          const webKey = await crypto.subtle.importKey('raw', key.slice(), 'AES-GCM', false, ['encrypt']);
          const params = { name: 'AES-GCM', iv, additionalData: aad.slice() };
          const expected = new Uint8Array(await crypto.subtle.encrypt(params, webKey, plain.slice()));
          const target = new Uint8Array(plain.length + 16);
          const frames = [
            { number: n, aad, bytes: plain },
            { number: n, aad, bytes: plain, target },
          ];
          for (const sealed of await platform.seal(key, frames)) assert.equal(toHex(sealed), toHex(expected));
          assert.equal(toHex(target), toHex(expected));
          const [opened] = await platform.open(key, [{ number: n, aad, bytes: expected }]);
          assert.equal(toHex(opened!), toHex(plain));
        },
      ),
      { numRuns: 50 },
    );
  });

  test(`${name}: what does not verify is not opened, and spoils nothing beside it`, async () => {
    const key = platform.random(32);
    const aad = utf8('place');
    const [sealed] = await platform.seal(key, [{ number: 3, aad, bytes: utf8('secret') }]);
    const flipped = sealed!.slice();
    flipped[0]! ^= 1;
    const opened = await platform.open(key, [
      { number: 3, aad, bytes: flipped },
      { number: 4, aad, bytes: sealed! },
      { number: 3, aad: NOTHING, bytes: sealed! },
      { number: 3, aad, bytes: sealed!.subarray(0, 15) },
      { number: 3, aad, bytes: sealed! },
    ]);
    assert.deepEqual(
      opened.map((plain) => plain && toHex(plain)),
      [undefined, undefined, undefined, undefined, toHex(utf8('secret'))],
    );
  });

  test(`${name}: zstd comes back as it was, and never as more than was said`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const packed = await platform.compress(bytes);
        assert.equal(toHex(await platform.decompress(packed, bytes.length)), toHex(bytes));
        await assert.rejects(platform.decompress(packed, bytes.length + 1));
      }),
      { numRuns: 50 },
    );
    const bomb = await platform.compress(new Uint8Array(8 * 1024 * 1024));
    assert.ok(bomb.length < 2000);
    await assert.rejects(platform.decompress(bomb, 60_000));
    await assert.rejects(platform.decompress(utf8('not zstd at all'), 10));
  });

  test(`${name}: random bytes are as many as asked for, and others each time`, () => {
    const [a, b] = [platform.random(32), platform.random(32)];
    assert.equal(a.length, 32);
    assert.notEqual(toHex(a), toHex(b));
    assert.equal(platform.random(0).length, 0);
  });

  test(`${name}: what was opened or unpacked outlasts its memory when it was sliced`, async () => {
    const key = platform.random(32);
    const frame = { number: 1, aad: new Uint8Array(0), bytes: new Uint8Array(1000).fill(7) };
    const [sealed] = await platform.seal(key, [frame]);
    const [opened] = await platform.open(key, [{ ...frame, bytes: sealed! }]);
    const unpacked = await platform.decompress(await platform.compress(frame.bytes), 1000);
    for (const bytes of [opened!, unpacked]) {
      const copy = bytes.slice();
      release(bytes);
      assert.deepEqual(copy, frame.bytes);
    }
  });
}
