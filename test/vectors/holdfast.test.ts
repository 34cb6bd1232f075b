/** The vectors of the format: what every reader of version 1 has to open, and what it has to refuse. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { calculateJwkThumbprint } from 'jose';
import { type EngineContext, listItems, restore, verify } from '../../src/backup/index.ts';
import { commitment, openFrames, segmentKey } from '../../src/crypto/index.ts';
import type { Content } from '../../src/database/index.ts';
import { decodeDocument } from '../../src/formats/syncml/index.ts';
import { fromBase64Url, fromHex, fromUtf8, toHex } from '../../src/lib/bytes.ts';
import { nodePlatform as platform } from '../../src/platform/node.ts';
import { decodeBody, frameAad, segmentHashInput } from '../../src/set/index.ts';

const root = join(import.meta.dirname, 'holdfast');
const frames = JSON.parse(readFileSync(join(root, 'frames.json'), 'utf8'));
const chain = JSON.parse(readFileSync(join(root, 'chain/chain.json'), 'utf8'));

const place = {
  set: fromHex(frames.set),
  database: fromHex(frames.database),
  stream: frames.stream as 'data',
  salt: fromHex(frames.salt),
};

test('keys, commitments and hashes follow from the data key', () => {
  const dataKey = fromHex(frames.dataKey);
  assert.equal(toHex(segmentKey(platform, dataKey, place)), frames.segmentKey);
  assert.equal(toHex(commitment(platform, dataKey, fromHex(frames.chain), place.database)), frames.commitment);
  const hashes = frames.frames.map((frame: { stored: string }) => ({
    hash: platform.sha256(fromHex(frame.stored)),
  }));
  assert.equal(
    toHex(platform.sha256(segmentHashInput('data', place.salt, hashes))),
    frames.segmentHash,
  );
});

for (const frame of frames.frames)
  test(`frame ${frame.number} opens, and only as what it is`, async () => {
    const bytes = fromHex(frame.stored);
    const key = fromHex(frames.segmentKey);
    const open = (b: Uint8Array, number = frame.number, where: typeof place = place) =>
      openFrames(platform, key, where, [{ number, bytes: b }], 'vector');
    assert.equal(toHex((await open(bytes))[0]!), frame.plaintext);
    assert.equal(decodeBody(fromHex(frame.body)).raw, frame.plaintext.length / 2);
    assert.equal(toHex(frameAad(place)(frame.number, 0, frame.body.length / 2)), frame.aad);
    for (let i = 0; i < bytes.length; i++) {
      const flipped = bytes.slice();
      flipped[i]! ^= 1;
      await assert.rejects(open(flipped), { code: 'ERR_NOT_AUTHENTIC' });
    }
    await assert.rejects(open(bytes, frame.number + 1), { code: 'ERR_NOT_AUTHENTIC' });
    await assert.rejects(open(bytes, frame.number, { ...place, salt: place.set }), { code: 'ERR_NOT_AUTHENTIC' });
  });

/** The committed objects, as a destination that can only be read. */
async function engine(alter: (name: string, bytes: Uint8Array) => Uint8Array = (_, b) => b): Promise<EngineContext> {
  const object = (name: string): Uint8Array =>
    alter(name, new Uint8Array(readFileSync(join(root, 'chain/objects', name))));
  const never = (): never => assert.fail('nothing is written');
  const key = fromBase64Url(chain.policyKey);
  const thumbprint = await calculateJwkThumbprint({ kty: 'oct', k: chain.policyKey });
  return {
    platform,
    clock: () => 0,
    destination: {
      label: 'vectors',
      segmentLimit: 0,
      putSegment: never,
      putObject: never,
      remove: never,
      getSegment: async (name) => decodeDocument(object(name)),
      getRange: async ({ name, offset, length }) => object(name).slice(offset, offset + length),
      getObject: async (name) => object(name),
      async *list(prefix) {
        for (const name of chain.objects as string[]) if (name.startsWith(prefix)) yield { name, size: 0 };
      },
      close: async () => {},
    },
    keys: {
      device: 'AAAAAAAAAAAAAAAAAAAAAA',
      sign: never,
      recipients: never,
      identities: () => [{ kind: 'symmetric', thumbprint, key }],
      keyring: () => undefined,
      keepKeyring: never,
      forgetKeyring: never,
    },
    trust: {
      signer: async (device) => (device === chain.device ? chain.signingKey : undefined),
      ended: () => false,
      heads: () => [chain.head],
      knownAt: 1,
    },
    report: () => {},
    signal: new AbortController().signal,
  };
}

test('the chain lists, verifies and restores as committed', async () => {
  const context = await engine();
  const rows = [];
  for await (const { uid, ...row } of listItems(context, {})) rows.push({ ...row, uid: toHex(uid) });
  assert.deepEqual(rows, chain.items);
  assert.deepEqual((await verify(context, {})).damage, []);

  const restored = new Map<string, string>();
  const read = async (content: Content): Promise<Uint8Array> => {
    assert.equal(content.kind, 'bytes');
    return content.kind === 'bytes' ? content.bytes : assert.fail();
  };
  const report = await restore(context, {
    writerFor: async () => ({
      put: async (item, _size, content) => {
        restored.set(fromUtf8(item.uid), fromUtf8(await read(content)));
        return 'added';
      },
      commit: async () => {},
      abort: async () => assert.fail('nothing fails'),
    }),
  });
  assert.equal(report.set.counter, 3);
  assert.deepEqual([...restored.keys()], ['letter.txt', 'new.txt', 'photo.bin']);
  assert.equal(restored.get('letter.txt'), 'Dear Åsa, again');
  assert.equal(restored.get('new.txt'), 'comes');
  assert.equal(restored.get('photo.bin'), Buffer.alloc(130_000, 'pattern ').toString());
});

test('any byte altered in any object is found', async () => {
  for (const name of chain.objects as string[]) {
    const object = new Uint8Array(readFileSync(join(root, 'chain/objects', name)));
    const sealed = sealedPart(name, object);
    for (const at of new Set(Array.from({ length: 60 }, (_, i) => (i * 977 + 13) % object.length))) {
      const context = await engine((of, bytes) => {
        if (of === name) bytes[at]! ^= 0x20;
        return bytes;
      });
      const found = await verify(context, {}).then(
        (report) => report.damage.length > 0,
        (error) => error.kind === 'integrity',
      );
      assert.ok(found || !sealed(at), `${name} at ${at}`);
    }
  }
});

/** Everything in a manifest or an envelope; the frames in a document, whose packaging binds nobody. */
function sealedPart(name: string, object: Uint8Array): (at: number) => boolean {
  if (!name.includes('/s/')) return () => true;
  const { frames: parts, offsets } = decodeDocument(object);
  return (at) => offsets.some((offset, i) => at >= offset && at < offset + parts[i]!.length);
}
