/** A person without a server, and a storage that is hostile: it knows every public key, and can write what it likes (U2, U4). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAreaUri } from '../../src/api/area/index.ts';
import { callDevice, type OperationName, type ParamsOf, type ResultOf } from '../../src/api/device/index.ts';
import { ProblemError } from '../../src/api/problem/index.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import {
  type OwnerRecord,
  openOwnerRecord,
  ownerRecordName,
  signOwnerRecord,
} from '../../src/policy/owner/index.ts';
import { type Device, openDevice } from '../../src/programs/device/index.ts';
import { type Person, person } from '../world/person.ts';
import { randomId } from './attacker.ts';
import { Forger } from './forger.ts';

let me: Person;
let laptop: Device;
let home: string;
let user: string;
let place: string;
let thief: Forger;

before(async () => {
  me = await person();
  laptop = await openDevice({ state: join(me.directory, 'laptop') });
  ({ user } = await call('init', { name: 'laptop', ways: [me.wim.params, me.phrase.params] }));
  place = (await call('areaAdd', { uri: me.area, way: me.wim.params })).uri;
  home = join(me.directory, 'home');
  await mkdir(home);
  await writeFile(join(home, 'letter'), 'as it was written');
  await call('sourceAdd', { database: 'Files', kind: 'folder', path: home, label: 'home' });
  await call('backup', {});
  thief = await Forger.of(me, user);
});
after(async () => {
  await laptop?.close();
  await me?.[Symbol.asyncDispose]();
});

async function call<N extends OperationName>(name: N, params: ParamsOf<N>): Promise<ResultOf<N>> {
  return callDevice(laptop.transport, name, params, {});
}

/** On a terminal that has nothing. */
async function bare<N extends OperationName>(name: N, params: ParamsOf<N>): Promise<ResultOf<N>> {
  const device = await openDevice({ state: join(me.directory, `bare-${randomId()}`) });
  try {
    return await callDevice(device.transport, name, params, {});
  } finally {
    await device.close();
  }
}

const objects = () => join(me.storage.state, 'objects', parseAreaUri(me.area).area, user);

/** Takes an object away from the listing, until it is put back. */
async function hidden<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = join(objects(), `${name}.object`);
  await rename(path, `${path}.away`);
  try {
    return await work();
  } finally {
    await rename(`${path}.away`, path);
  }
}

async function integrity(work: Promise<unknown>, code: RegExp): Promise<void> {
  const error = await work.then(
    () => assert.fail('it was taken'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof ProblemError, String(error));
  assert.equal(error.kind, 'integrity', error.message);
  assert.match(error.code ?? '', code);
}

async function restoresTheOriginal(params: Partial<ParamsOf<'restore'>> = {}): Promise<void> {
  for (const way of [me.wim.params, me.phrase.params]) {
    const into = join(me.directory, `into-${randomId()}`);
    await bare('restore', { from: place, way, into, ...params });
    assert.equal(await readFile(join(into, 'Files', 'letter'), 'utf8'), 'as it was written');
  }
}

test('a set by someone who knows only the public part counts for nothing', async () => {
  const { device } = await call('owner', {});
  for (const claimed of [randomId(), device]) {
    const set = await thief.forge(claimed);
    await restoresTheOriginal();
    // Of a device that is none of the user's; or of one that is, with a signature that is not its own.
    const asked = bare('restore', { from: place, way: me.wim.params, set, into: join(me.directory, 'no') });
    await assert.rejects(asked, ({ kind }: ProblemError) => kind === 'no-key' || kind === 'integrity');
    const into = join(me.directory, `own-${randomId()}`);
    await call('restore', { way: me.wim.params, into });
    assert.equal(await readFile(join(into, 'Files', 'letter'), 'utf8'), 'as it was written');
  }
  assert.ok(!(await readdir(me.directory)).includes('no'));
});

test('an owner record by someone else, or with someone else in it, is refused', async () => {
  const area = await thief.operator();
  const first = await area.getObject(ownerRecordName(1), 1 << 20);
  const { record, hash } = openOwnerRecord(nodePlatform, first);
  const [way] = record.ways;
  const { kty, crv, x } = thief.key.publicJwk as { kty: 'OKP'; crv: 'Ed25519'; x: string };
  const mine = { id: randomId(), name: 'mine', jwk: { kty, crv, x }, state: 'active' } as const;
  const forged: OwnerRecord = { ...record, version: 2, prev: hash, devices: [...record.devices, mine] };
  const withOwn: OwnerRecord = {
    ...forged,
    ways: [...record.ways, { ...way!, signature: { kty, crv, x } as never, decipher: { ...way!.decipher } }],
  };
  for (const value of [forged, withOwn]) {
    const bytes = await signOwnerRecord(value, [thief.key.sign]);
    await area.putObject(ownerRecordName(2), 'owner-record', bytes);
    await integrity(bare('sets', { from: place, way: me.wim.params }), /ERR_OWNER/);
    await integrity(call('backup', {}), /ERR_OWNER/);
    await integrity(call('restore', { way: me.phrase.params, into: join(me.directory, 'no') }), /ERR_OWNER/);
    await rm(join(objects(), `${ownerRecordName(2)}.object`));
  }
  await area.close();
  await restoresTheOriginal();
});

test('records and sets that are held back are missed by who knows them', async () => {
  await bare('init', { name: 'desktop', ways: [me.wim.params], from: place });
  await call('backup', {});
  await hidden(ownerRecordName(2), () => integrity(call('backup', {}), /ERR_OWNER_ROLLBACK/));
  await hidden(ownerRecordName(1), async () => {
    // Version 2 is signed by the key that added the desktop, and leads on by itself; the phrase signed version 1 only.
    await bare('sets', { from: place, way: me.wim.params });
    const unknown = await bare('sets', { from: place, way: me.phrase.params }).catch((error) => error);
    assert.equal(unknown.code, 'ERR_OWNER_UNKNOWN');
  });

  await writeFile(join(home, 'second'), 'later');
  const { set } = await call('backup', {});
  const { device } = await call('owner', {});
  const name = `${device}/${set!.chain}/m/${String(set!.counter).padStart(10, '0')}-${set!.set}`;
  await hidden(name, async () => {
    await integrity(call('restore', { way: me.wim.params, into: join(me.directory, 'no') }), /ERR_/);
    const into = join(me.directory, 'older');
    const { freshness } = await bare('restore', { from: place, way: me.wim.params, into, device });
    assert.deepEqual(freshness, { kind: 'unknown' }, 'a terminal that knows nothing says so');
  });
  assert.ok(!(await readdir(me.directory)).includes('no'));
});

test('altered envelopes, segments and manifests are named, and nothing of them is written', async () => {
  const all = (await readdir(objects(), { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.object'),
  );
  assert.ok(all.length > 6);
  for (const { parentPath, name } of all) {
    const path = join(parentPath, name);
    const bytes = await readFile(path);
    const altered = Buffer.from(bytes);
    altered[Math.floor((altered.length - 40) / 2)]! ^= 1;
    await writeFile(path, altered);
    const into = join(me.directory, `altered-${randomId()}`);
    const ended = await bare('restore', { from: place, way: me.wim.params, into }).catch((error) => error);
    if (ended instanceof ProblemError) assert.equal(ended.kind, 'integrity', `${name}: ${ended.message}`);
    else assert.equal(await readFile(join(into, 'Files', 'letter'), 'utf8'), 'as it was written', name);
    await writeFile(path, bytes);
  }
});
