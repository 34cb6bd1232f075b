/** The vector of a backup file: whole, and broken off anywhere; checkpoints, and a database that is not encrypted. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { calculateJwkThumbprint } from 'jose';
import { listChains, readManifest } from '../../src/backup/chain/index.ts';
import { type EngineContext, restore, verify } from '../../src/backup/index.ts';
import { openIpdFile } from '../../src/destinations/ipd-file/index.ts';
import { fromBase64Url, fromUtf8 } from '../../src/lib/bytes.ts';
import { nodePlatform as platform } from '../../src/platform/node.ts';

const root = join(import.meta.dirname, 'holdfast/file');
const vector = JSON.parse(await readFile(join(root, 'file.json'), 'utf8'));
const whole = await readFile(join(root, 'whole.ipd'));
const ACCEPT = { unencrypted: { value: 'accept', policy: 'vector' } } as const;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-vector-'));
});
after(() => rm(folder, { recursive: true }));

/** The file up to so many bytes, for a device that has the policy key. */
async function withFile<T>(length: number, work: (context: EngineContext) => Promise<T>): Promise<T> {
  const path = join(folder, `${length}.ipd`);
  await writeFile(path, whole.subarray(0, length));
  const destination = await openIpdFile(path);
  const never = (): never => assert.fail('nothing is written');
  const key = fromBase64Url(vector.policyKey);
  const thumbprint = await calculateJwkThumbprint({ kty: 'oct', k: vector.policyKey });
  try {
    return await work({
      platform,
      clock: () => 0,
      destination,
      keys: {
        device: 'AAAAAAAAAAAAAAAAAAAAAA',
        ...{ sign: never, recipients: never, keepKeyring: never, forgetKeyring: never },
        identities: () => [{ kind: 'symmetric', thumbprint, key }],
        keyring: () => undefined,
      },
      trust: {
        signer: async (device) => (device === vector.device ? vector.signingKey : undefined),
        ended: () => false,
        heads: () => [vector.head],
        knownAt: 1,
      },
      report: () => {},
      signal: new AbortController().signal,
    });
  } finally {
    await destination.close();
    await rm(path);
  }
}

/** Hashes of the items that come back, by database and uid. */
async function restored(context: EngineContext): Promise<Record<string, Record<string, string>>> {
  const items: Record<string, Record<string, string>> = {};
  await restore(context, {
    ...ACCEPT,
    writerFor: async ({ database }) => ({
      put: async ({ uid }, _size, content) => {
        assert.equal(content.kind, 'bytes');
        const bytes = content.kind === 'bytes' ? content.bytes : assert.fail();
        items[database] ??= {};
        items[database][fromUtf8(uid)] = createHash('sha256').update(bytes).digest('hex');
        return 'added';
      },
      commit: async () => {},
      abort: async () => {},
    }),
  });
  return items;
}

const newest = async (context: EngineContext) => {
  const [[listed]] = (await listChains(context, '')) as [[{ device: string; chain: string; counter: number; set: string }]];
  return (await readManifest(context, listed, listed.counter, listed.set)).manifest;
};

test('whole: everything verifies and comes back; the unencrypted only where that is accepted', () =>
  withFile(whole.length, async (context) => {
    assert.deepEqual(await restored(context), vector.items);
    assert.deepEqual((await verify(context, {})).damage, []);
    const { kind, databases, indexes } = await newest(context);
    assert.equal(kind, 'backup');
    assert.equal(databases.filter(({ plain }) => plain).length, vector.plain.length);
    assert.ok(indexes.flat().every(({ segments }) => segments === undefined));
    const writerFor = () => assert.fail('no writer is opened');
    await assert.rejects(restore(context, { writerFor }), { code: 'ERR_UNENCRYPTED', kind: 'refused' });
  }));

test('broken off: up to the last checkpoint, whose index parts name their segments', async () => {
  let most = 0;
  const cuts = Array.from({ length: 18 }, (_, i) => vector.firstCheckpoint + i * 7919).filter((cut) => cut < whole.length);
  for (const cut of [...cuts, whole.length - 1])
    await withFile(cut, async (context) => {
      const manifest = await newest(context);
      assert.equal(manifest.kind, 'checkpoint');
      for (const { set, database, segments } of manifest.indexes.flat()) {
        assert.equal(set, manifest.set);
        const own = manifest.databases.find(({ id }) => id === database)!.segments;
        assert.ok(segments!.length > 0);
        for (const id of segments!) assert.equal(own.find((one) => one.id === id)?.stream, 'index');
      }
      const items = await restored(context);
      for (const [database, hashes] of Object.entries(items))
        for (const [uid, hash] of Object.entries(hashes)) assert.equal(hash, vector.items[database][uid]);
      const count = Object.values(items).reduce((sum, hashes) => sum + Object.keys(hashes).length, 0);
      assert.ok(count >= most && count > 0, `${count} after ${most}, at ${cut}`);
      most = count;
      if (cut < whole.length - 1) return;
      // Nothing but the manifest is missing: parts of several checkpoints make an index.
      assert.deepEqual(items, vector.items);
      assert.ok(manifest.indexes.some((parts) => parts.length > 1));
      assert.equal(manifest.databases.filter(({ plain }) => plain).length, vector.plain.length);
    });
  await withFile(vector.firstCheckpoint - 3000, async (context) =>
    assert.rejects(restored(context), { code: 'ERR_NO_SETS' }),
  );
});

test('any byte altered is found, or costs nothing', async () => {
  for (let i = 0; i < 120; i++) {
    const at = 200 + ((i * 7_001) % (whole.length - 200));
    whole[at]! ^= 0x10;
    try {
      const items = await withFile(whole.length, restored);
      for (const [database, hashes] of Object.entries(items))
        for (const [uid, hash] of Object.entries(hashes)) assert.equal(hash, vector.items[database][uid], `byte ${at}`);
    } catch (error) {
      assert.equal((error as { kind?: string }).kind, 'integrity', `byte ${at}: ${error}`);
    } finally {
      whole[at]! ^= 0x10;
    }
  }
});
