/** An index belongs to one database and class, also when a device of the user says otherwise and signs it (U2). */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, test } from 'node:test';
import { OpenedSet, readManifest } from '../../src/backup/chain/index.ts';
import { verify } from '../../src/backup/index.ts';
import { sealFrames, segmentKey } from '../../src/crypto/index.ts';
import { fromBase64Url, toBase64Url, utf8 } from '../../src/lib/bytes.ts';
import { nodePlatform as platform } from '../../src/platform/node.ts';
import {
  decodeIndex,
  encodeBody,
  type IndexPart,
  MANIFEST_TYP,
  type Manifest,
  type ManifestSegment,
  manifestName,
  segmentHashInput,
  segmentPath,
} from '../../src/set/index.ts';
import { makeTree } from './trees.ts';
import { engineWorld, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

const id = (bytes = 16): string => toBase64Url(platform.random(bytes));

/** A device whose newest set holds two databases, each with a full index and data in it. */
async function twoDatabases() {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  const [files, notes] = [await place(), await place()];
  await makeTree(files, { 'a file': 'of the files' });
  await makeTree(notes, { 'a note': 'of the notes' });
  await device.backup(files, { database: 'Files' });
  const { set } = await device.backup(notes, { database: 'Notes' });
  const engine = await device.engine();
  const newest = await readManifest(engine, { device: device.id, chain: set!.chain }, 2, set!.set);
  const opened = new OpenedSet(engine, newest);
  return { device, other, engine, opened, newest };
}

type Made = Awaited<ReturnType<typeof twoDatabases>>;

/** The frames of an index, sealed for another database id of the forged set. */
async function sealed({ engine, opened }: Made, part: IndexPart, set: string, database: string) {
  const frames = await Array.fromAsync(opened.indexFrames(part), (bytes) => bytes.slice());
  const place = {
    ...{ set: fromBase64Url(set), database: fromBase64Url(database) },
    ...{ stream: 'index' as const, salt: platform.random(16) },
  };
  const owner = opened.manifest.indexes.flat().find((one) => one.database === database)!;
  const key = segmentKey(platform, await opened.dataKey(owner.set, database), place);
  const bodies = frames.map((packed) => encodeBody({ compressed: false, raw: packed.length, packed }, true));
  const stored = await sealFrames(platform, key, place, bodies);
  const segment = id(8);
  const name = segmentPath(opened.place, set, segment);
  await engine.destination.putSegment(name, { ...place, id: fromBase64Url(segment), frames: stored });
  const hashes = stored.map((bytes) => ({ hash: platform.sha256(bytes) }));
  return {
    id: segment,
    stream: 'index',
    frames: stored.length,
    bytes: stored.reduce((sum, { length }) => sum + length, 0),
    hash: toBase64Url(platform.sha256(segmentHashInput('index', place.salt, hashes))),
  } satisfies ManifestSegment;
}

/** The next set of the chain, signed by the device: `content` says whose index each database id gets. */
async function forge(
  { device, engine, opened, newest }: Made,
  indexes: (
    set: string,
    databases: { files: IndexPart; notes: IndexPart },
  ) => Promise<{
    databases: Manifest['databases'];
    indexes: Manifest['indexes'];
  }>,
): Promise<void> {
  const set = id();
  const parts: Record<string, IndexPart> = {};
  for (const [part] of newest.manifest.indexes)
    parts[(await decodeIndex(opened.indexFrames(part!))).header.database] = part!;
  const { set: before, counter, time } = newest.manifest;
  const used = { set: before, counter, time, hash: newest.hash };
  const forged: Manifest = {
    ...newest.manifest,
    set,
    counter: counter + 1,
    prev: newest.hash,
    uses: [...newest.manifest.uses.filter((one) => one.set !== before), used],
    ...(await indexes(set, { files: parts.Files!, notes: parts.Notes! })),
  };
  const jws = utf8(await engine.keys.sign(MANIFEST_TYP, utf8(JSON.stringify(forged))));
  await engine.destination.putObject(manifestName(opened.place, forged.counter, set), 'manifest', jws);
  device.report({
    ...used,
    chain: opened.place.chain,
    counter: counter + 1,
    hash: toBase64Url(platform.sha256(jws)),
  });
}

async function assertRefused({ device, other, engine }: Made): Promise<void> {
  const integrity = { code: 'ERR_SEGMENT', kind: 'integrity' };
  const into = await place();
  await assert.rejects(other.restore(into, { device: device.id }), integrity);
  await assert.rejects(other.restore(into, { device: device.id, databases: ['Notes'] }), integrity);
  assert.deepEqual(await readdir(into), []);
  const { damage } = await verify(engine, {});
  assert.ok(
    damage.some(({ code }) => code === 'ERR_SEGMENT'),
    JSON.stringify(damage),
  );
  device.state = `${device.state}-lost`;
  const from = await place();
  await assert.rejects(device.backup(from), integrity);
  await engine.destination.close();
}

test('two indexes swapped, each sealed for the id of the other', async () => {
  const made = await twoDatabases();
  await forge(made, async (set, { files, notes }) => ({
    databases: [
      { id: files.database, segments: [await sealed(made, notes, set, files.database)] },
      { id: notes.database, segments: [await sealed(made, files, set, notes.database)] },
    ],
    indexes: [[{ set, database: files.database }], [{ set, database: notes.database }]],
  }));
  await assertRefused(made);
});

test('one index under the id of the other, which stays beside it', async () => {
  const made = await twoDatabases();
  await forge(made, async (set, { files, notes }) => ({
    databases: [{ id: notes.database, segments: [await sealed(made, files, set, notes.database)] }],
    indexes: [[{ set, database: notes.database }], [notes]],
  }));
  await assertRefused(made);
});

test('one database twice', async () => {
  const made = await twoDatabases();
  await forge(made, async (set, { files, notes }) => ({
    databases: [{ id: files.database, segments: [await sealed(made, files, set, files.database)] }],
    indexes: [[files], [notes], [{ set, database: files.database }]],
  }));
  await assertRefused(made);
});
