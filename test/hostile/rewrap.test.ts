/** Envelopes wrapped anew by those who may not, or wrongly: passed over, or refused, and never taken for the set's keys (U2). */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { EngineContext } from '../../src/backup/index.ts';
import { sealEnvelope } from '../../src/crypto/index.ts';
import { fromUtf8, toBase64Url, utf8 } from '../../src/lib/bytes.ts';
import { nodePlatform as platform } from '../../src/platform/node.ts';
import {
  envelopeName,
  MANIFEST_TYP,
  type Manifest,
  manifestName,
  parseManifest,
  type RewrappedEnvelope,
} from '../../src/set/index.ts';
import {
  type EngineWorld,
  engineWorld,
  RULE,
  type TestDevice,
  TestUser,
  type TestWay,
  testWay,
} from '../engine/world.ts';
import { randomId } from './attacker.ts';

let world: EngineWorld;
before(async () => {
  world = await engineWorld();
});
after(() => world?.[Symbol.asyncDispose]());

interface Victim {
  readonly device: TestDevice;
  /** Another one of the same user's, that is in the wrong hands. */
  readonly rogue: TestDevice;
  /** A way in that the set was not sealed for. */
  readonly added: TestWay;
  readonly manifest: Manifest;
}

async function victim(): Promise<Victim> {
  const user = new TestUser();
  user.ways.push(await testWay());
  const [device, rogue] = [await world.device(user), await world.device(user)];
  const path = join(world.directory, `tree-${randomId()}`);
  await mkdir(path);
  await writeFile(join(path, 'letter'), 'as it was written');
  for (const one of [device, rogue]) {
    one.rule = { ...RULE, custody: 'user' };
    one.hands = { company: false, ways: [] };
  }
  const { set } = await device.backup(path);
  const { destination } = await device.engine();
  const bytes = await destination.getObject(manifestName(set!, 1, set!.set), 1 << 20);
  await destination.close();
  const manifest = parseManifest(
    JSON.parse(fromUtf8(Uint8Array.fromBase64(fromUtf8(bytes).split('.')[1]!, { alphabet: 'base64url' }))),
  );
  const added = await testWay();
  user.ways.push(added);
  return { device, rogue, added, manifest };
}

interface Lie {
  /** What the new envelope holds for each database. */
  readonly key?: Uint8Array;
  /** The envelope that it is said to take the place of. */
  readonly instead?: Partial<RewrappedEnvelope>;
  /** As whom it is stored, when not as the one who signs. */
  readonly as?: string;
}

/** A manifest of kind `rewrap` in a chain of its own, by whoever writes it. */
async function rewrapBy(writer: TestDevice, { manifest, added }: Victim, lie: Lie = {}): Promise<string> {
  const engine: EngineContext = await writer.engine();
  const place = { device: lie.as ?? writer.id, chain: randomId() };
  const { keyring } = manifest;
  const [envelope] = keyring.envelopes;
  const number = 77;
  const keys = envelope!.databases.map(({ id }) => ({ database: id, key: lie.key ?? platform.random(32) }));
  const bytes = await sealEnvelope(
    platform,
    { chain: manifest.chain, keyring: keyring.id, number, custody: 'user' },
    keys,
    [added.recipient],
  );
  await engine.destination.putObject(envelopeName(place, keyring.id, number), 'envelope', bytes);
  const rewrap: RewrappedEnvelope = {
    ...{ device: manifest.device, chain: manifest.chain, keyring: keyring.id },
    ...{ number: envelope!.number, hash: envelope!.hash },
    new: { number, hash: toBase64Url(platform.sha256(bytes)) },
    ...lie.instead,
  };
  const set = randomId();
  const said: Manifest = {
    ...{ v: 1, kind: 'rewrap', ...place, set, counter: 1, base: 1, time: Date.now() },
    ...{ keyring: { id: randomId(), envelopes: [] }, databases: [], indexes: [], uses: [] },
    rewrap: [rewrap],
  };
  const jws = await engine.keys.sign(MANIFEST_TYP, utf8(JSON.stringify(said)));
  await engine.destination.putObject(manifestName(place, 1, set), 'manifest', utf8(jws));
  await engine.destination.close();
  return place.chain;
}

const into = (): string => join(world.directory, `out-${randomId()}`);

/** With the added way in alone: nothing was wrapped for it. */
async function opensNothing({ device, added }: Victim, code: string): Promise<void> {
  const { operations } = added;
  const before = operations();
  device.hands = { company: false, ways: [added] };
  await assert.rejects(device.restore(into(), { device: device.id }), { code });
  if (code === 'ERR_NO_KEY') assert.equal(operations(), before, 'the way in was asked for nothing');
}

/** And those whom it was sealed for restore what was written. */
async function restoresStill({ device }: Victim): Promise<void> {
  device.hands = { company: false, ways: [device.user.ways[0]!] };
  const out = into();
  await device.restore(out, { device: device.id });
  assert.equal(await readFile(join(out, 'Files', 'letter'), 'utf8'), 'as it was written');
}

test('by a stranger: not looked at, also where the area takes it', async () => {
  const it = await victim();
  it.rogue.user.devices.delete(it.rogue.id);
  await rewrapBy(it.rogue, it);
  await opensNothing(it, 'ERR_NO_KEY');
  await restoresStill(it);
});

test("in another device's place: its signature is none of that device's, and it is passed over by name", async () => {
  const it = await victim();
  // Whoever has the grants of the one can put something in its place, and not sign as it.
  const { access } = it.rogue;
  it.rogue.access = { ...it.device.access, sign: access.sign };
  const engine = await it.device.engine();
  const { sign } = it.device.access;
  it.rogue.access = {
    ...it.device.access,
    sign: (typ, payload) => (typ === MANIFEST_TYP ? access.sign : sign)(typ, payload),
  };
  await engine.destination.close();
  const chain = await rewrapBy(it.rogue, it, { as: it.device.id });
  await opensNothing(it, 'ERR_NO_KEY');
  assert.ok(
    it.device.events.some(
      (event) =>
        event.kind === 'notice' && event.code === 'FOREIGN_MANIFEST' && event.message.includes(chain),
    ),
  );
  await restoresStill(it);
});

test('by a device that was ended: nothing beyond its known heads counts', async () => {
  const it = await victim();
  await rewrapBy(it.rogue, it);
  it.rogue.user.ended.add(it.rogue.id);
  await opensNothing(it, 'ERR_NO_KEY');
  assert.ok(
    it.device.events.some((event) => event.kind === 'notice' && event.code === 'REWRAPS_PASSED_OVER'),
  );
  await restoresStill(it);
});

test('with other data keys: the commitments of the set say so (exit 6)', async () => {
  const it = await victim();
  await rewrapBy(it.rogue, it);
  await opensNothing(it, 'ERR_COMMITMENT');
  await restoresStill(it);
});

test('of an envelope that never was, or of another chain: nobody asks for it', async () => {
  const it = await victim();
  for (const instead of [
    { hash: toBase64Url(platform.random(32)) },
    { number: 9 },
    { chain: randomId() },
    { device: randomId() },
  ])
    await rewrapBy(it.rogue, it, { instead });
  await opensNothing(it, 'ERR_NO_KEY');
  await restoresStill(it);
});

test('an honest one beside a wrong one: what is right is found, whoever came last', async () => {
  const it = await victim();
  await rewrapBy(it.rogue, it);
  it.device.hands = { company: false, ways: [it.device.user.ways[0]!] };
  assert.equal((await it.device.rewrap()).rewrapped, 1);
  await rewrapBy(it.rogue, it);
  it.device.hands = { company: false, ways: [it.added] };
  const out = into();
  await it.device.restore(out, { device: it.device.id });
  assert.equal(await readFile(join(out, 'Files', 'letter'), 'utf8'), 'as it was written');
});

test('nothing is deleted because another device says that it fits: that one is opened first', async () => {
  const it = await victim();
  const { device, added } = it;
  await device.useAll();
  await rewrapBy(it.rogue, it);
  // The first way in goes: what the rogue device wrapped is for exactly those who are left.
  const [first] = device.user.ways.splice(0, 1);
  device.hands = { company: false, ways: [first!, added] };
  const report = await device.rewrap();
  assert.deepEqual([report.rewrapped, report.removed], [1, 1]);
  device.hands = { company: false, ways: [added] };
  const out = into();
  await device.restore(out, { device: device.id });
  assert.equal(await readFile(join(out, 'Files', 'letter'), 'utf8'), 'as it was written');
});

test('an area that holds the new envelope, or its manifest, back: no key, and nothing wrong is taken', async () => {
  const it = await victim();
  const { device } = it;
  device.hands = { company: false, ways: [device.user.ways[0]!] };
  const { head } = await device.rewrap();
  device.user.heads.length = 0;
  for (const hidden of [head!.set, `/${head!.chain}/k/`]) {
    device.through = (real) => ({
      ...real,
      async *list(prefix) {
        for await (const object of real.list(prefix)) if (!object.name.includes(hidden)) yield object;
      },
      async getObject(name, limit) {
        const shown = name.includes(hidden) && !name.endsWith('-0');
        return real.getObject(shown ? `${name.slice(0, -1)}x` : name, limit);
      },
    });
    await opensNothing(it, 'ERR_NO_KEY');
    await restoresStill(it);
  }
});
