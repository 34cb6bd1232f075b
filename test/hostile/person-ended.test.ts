/** A person's device that was stolen, with its keys and its access, and a storage that plays along (U2, U4). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAreaUri } from '../../src/api/area/index.ts';
import {
  callDevice,
  type DeviceEndResult,
  type OperationName,
  type ParamsOf,
  type ResultOf,
} from '../../src/api/device/index.ts';
import { keySigner } from '../../src/api/grant/index.ts';
import { ProblemError } from '../../src/api/problem/index.ts';
import { loadIdentity } from '../../src/custody/index.ts';
import { openDevice } from '../../src/programs/device/index.ts';
import { type Person, person } from '../world/person.ts';
import { type KeyPair, randomId } from './attacker.ts';
import { Forger } from './forger.ts';

let me: Person;
let place: string;
let stolen: { readonly id: string; readonly key: KeyPair; readonly sets: readonly string[] };
let thief: Forger;

async function on<N extends OperationName>(
  terminal: string,
  name: N,
  params: ParamsOf<N>,
): Promise<ResultOf<N>> {
  const device = await openDevice({ state: join(me.directory, terminal) });
  try {
    return await callDevice(device.transport, name, params, {});
  } finally {
    await device.close();
  }
}

before(async () => {
  me = await person();
  const { user } = await on('laptop', 'init', { name: 'laptop', ways: [me.wim.params, me.phrase.params] });
  place = (await on('laptop', 'areaAdd', { uri: me.area, way: me.wim.params })).uri;
  const { device: id } = await on('phone', 'init', { name: 'phone', ways: [me.wim.params], from: place });
  const home = join(me.directory, 'home');
  await mkdir(home);
  await on('phone', 'sourceAdd', { database: 'Files', kind: 'folder', path: home, label: 'home' });
  const sets: string[] = [];
  for (const text of ['as it was first', 'as it was last']) {
    await writeFile(join(home, 'letter'), text);
    sets.push((await on('phone', 'backup', {})).set!.set);
  }
  const identity = await loadIdentity(join(me.directory, 'phone', 'identity'));
  const { kty, crv, x } = identity!.signingKey;
  const key = { publicJwk: { kty, crv, x } as JsonWebKey, sign: keySigner(identity!.signingKey) };
  stolen = { id, key, sets };
  thief = await Forger.of(me, user);
});
after(() => me?.[Symbol.asyncDispose]());

/** What a terminal that has nothing but a way in gets of the phone. */
async function restored(params: Partial<ParamsOf<'restore'>> = {}): Promise<string> {
  const into = join(me.directory, `into-${randomId()}`);
  const asked = { from: place, way: me.phrase.params, into, device: stolen.id, ...params };
  await on(`bare-${randomId()}`, 'restore', asked);
  return readFile(join(into, 'Files', 'letter'), 'utf8');
}

async function refused(work: Promise<unknown>, ...kinds: string[]): Promise<ProblemError> {
  const error = await work.then(
    () => assert.fail('it was done'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof ProblemError, String(error));
  assert.ok(kinds.includes(error.kind), `${error.kind}: ${error.message}`);
  return error;
}

test('it is ended by a way in that is listed, on another device, and by its name', async () => {
  const end = (terminal: string, device: string, way = me.wim.params) =>
    on(terminal, 'deviceEnd', { device, way });
  assert.match((await refused(end('laptop', 'tablet'), 'usage')).message, /"laptop" .*"phone"/);
  assert.match((await refused(end('laptop', 'laptop'), 'usage')).message, /does not end itself/);
  const unknown = on('laptop', 'deviceEnd', { device: 'phone', sets: [randomId()], way: me.wim.params });
  assert.match((await refused(unknown, 'usage')).message, /no area has a set/);
  assert.equal((await on('laptop', 'owner', {})).version, 2);
});

let ended: DeviceEndResult;

test('sets that the thief made before the end count for nothing when the last real one is named', async () => {
  // The thief had time, and the real key: nothing tells these from real ones but what the owner knows.
  await writeFile(join(me.directory, 'home', 'letter'), 'words that the owner never wrote');
  const inChain = (await on('phone', 'backup', {})).set!.set;
  const early = await thief.forge(stolen.id, stolen.key);
  assert.equal(await restored({ set: early, way: me.wim.params }), 'words that were never written');
  const [, last] = stolen.sets;
  ended = await on('laptop', 'deviceEnd', { device: 'phone', sets: [last!], way: me.wim.params });
  assert.deepEqual([ended.changed, ended.owner.version], [true, 3]);
  assert.deepEqual(
    ended.heads.map(({ set, counter }) => [set, counter]),
    [[last, 2]],
  );
  assert.deepEqual(ended.areas, [{ uri: place, ended: true }]);
  assert.equal(await restored(), 'as it was last');
  assert.equal(await restored({ set: stolen.sets[0]! }), 'as it was first');
  await refused(restored({ set: inChain }), 'integrity', 'usage');
  await refused(restored({ set: early, way: me.wim.params }), 'integrity', 'usage');
  await refused(
    on('laptop', 'restore', { set: early, way: me.wim.params, into: 'no' }),
    'integrity',
    'usage',
  );
});

test('what it signs afterwards counts for nothing, though the storage takes it', async () => {
  const late = await thief.forge(stolen.id, stolen.key);
  assert.equal(await restored(), 'as it was last');
  await refused(restored({ set: late, way: me.wim.params }), 'integrity', 'usage');
  const { sets } = await on('laptop', 'sets', { device: stolen.id });
  assert.deepEqual(sets.map(({ set }) => set).sort(), [...stolen.sets].sort());
});

test('its access is over; where the storage forgets that, the device itself learns that it is ended', async () => {
  await refused(on('phone', 'backup', {}), 'no-key');
  const lists = join(me.storage.state, 'areas', parseAreaUri(me.area).area, 'ended');
  assert.equal((await readdir(lists)).length, 1);
  await me.storage.running.close();
  await rm(lists, { recursive: true });
  await me.restartStorage();
  assert.match((await refused(on('phone', 'backup', {}), 'no-key')).message, /owner has ended this device/);
});

test('ended again: the record stays, and the storage is told again', async () => {
  const lists = join(me.storage.state, 'areas', parseAreaUri(me.area).area, 'ended');
  const again = await on('laptop', 'deviceEnd', { device: stolen.id, way: me.wim.params });
  assert.deepEqual([again.changed, again.owner.version, again.heads], [false, 3, []]);
  assert.deepEqual(again.areas, [{ uri: place, ended: true }]);
  assert.equal((await readdir(lists)).length, 1);
  assert.equal(await restored(), 'as it was last');
});
