/** Sharing among people of whom some are hostile, over a storage that is (N11, U2). */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAreaUri } from '../../src/api/area/index.ts';
import { callDevice, type OperationName, type ParamsOf, type ResultOf } from '../../src/api/device/index.ts';
import { ProblemError } from '../../src/api/problem/index.ts';
import { loadIdentity, signForEngine } from '../../src/custody/index.ts';
import { openSoftwareWim } from '../../src/custody/wim/index.ts';
import { areaDestination } from '../../src/destinations/area/index.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { type Invitation, openInvitation, signInvitation } from '../../src/policy/owner/index.ts';
import { type Device, openDevice } from '../../src/programs/device/index.ts';
import { DestinationError } from '../../src/set/index.ts';
import { type Person, person } from '../world/person.ts';
import { freshKey, randomId } from './attacker.ts';

interface Someone extends AsyncDisposable {
  readonly world: Person;
  readonly state: string;
  readonly device: Device;
  readonly home: string;
  call<N extends OperationName>(name: N, params: ParamsOf<N>): Promise<ResultOf<N>>;
}

async function someone(): Promise<Someone> {
  const world = await person();
  const state = join(world.directory, 'state');
  const device = await openDevice({ state });
  const home = join(world.directory, 'home');
  await mkdir(home);
  await writeFile(join(home, 'diary'), 'for nobody else');
  await writeFile(join(home, 'photo'), 'for both of us');
  const call: Someone['call'] = (name, params) => callDevice(device.transport, name, params, {});
  await call('init', { name: 'laptop', ways: [world.wim.params], alone: true });
  await call('areaAdd', { uri: world.area, way: world.wim.params });
  await call('sourceAdd', { database: 'Pictures', kind: 'folder', path: home, label: 'home' });
  await call('backup', {});
  return {
    ...{ world, state, device, home, call },
    async [Symbol.asyncDispose]() {
      await device.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

let ann: Someone;
let bob: Someone;
let mallory: Someone;
let share: string;
let invitation: string;
let ofAnn: string;
let bobsCard: string;
let ofBob: string;

before(async () => {
  [ann, bob, mallory] = await Promise.all([someone(), someone(), someone()]);
  ({ card: bobsCard, fingerprint: ofBob } = await bob.call('shareCard', { name: 'Bob' }));
  const made = await give(ann, 'Ann');
  share = made.share;
  invitation = made.invitation!.text;
  ofAnn = made.invitation!.fingerprint;
});
after(async () => {
  for (const one of [ann, bob, mallory]) await one?.[Symbol.asyncDispose]();
});

const give = (from: Someone, name: string) =>
  from.call('shareCreate', {
    ...{ card: bobsCard, fingerprint: ofBob, name, databases: ['Pictures'], items: ['photo'] },
    way: from.world.wim.params,
  });

async function refused(work: Promise<unknown>, kind: string, code: RegExp): Promise<void> {
  const error = await work.then(
    () => assert.fail('it was taken'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof ProblemError, String(error));
  assert.match(error.code ?? '', code, error.message);
  assert.equal(error.kind, kind, error.message);
}

async function restored(): Promise<string[]> {
  const into = join(bob.world.directory, `into-${randomId()}`);
  await bob.call('shareRestore', { share, way: bob.world.wim.params, into });
  const folder = join(into, 'Pictures from Ann');
  assert.equal(await readFile(join(folder, 'photo'), 'utf8'), 'for both of us');
  return (await readdir(folder)).sort();
}

const keyOf = ({ world }: Someone) => {
  const { params } = world.wim;
  assert.ok(params.kind === 'software');
  return openSoftwareWim(params.path, params.passphrase);
};

/** What an invitation says, otherwise and signed by somebody. */
async function forged(text: string, change: Partial<Invitation>, by: Someone): Promise<string> {
  const opened = await openInvitation(nodePlatform, text, () => undefined);
  const way = await keyOf(by);
  try {
    return await signInvitation({ ...opened.invitation, ...change }, (typ, payload) =>
      way.sign(payload, typ),
    );
  } finally {
    await way.close();
  }
}

test('a share by somebody else than it says is refused, whatever it claims', async () => {
  const theirs = (await give(mallory, 'Ann')).invitation!.text;
  // Mallory's own keys under Ann's name; Ann's records with Mallory's signature; Ann's words, altered.
  await refused(
    bob.call('shareAccept', { invitation: theirs, fingerprint: ofAnn }),
    'integrity',
    /ERR_FINGERPRINT$/,
  );
  const { invitation: real } = await openInvitation(nodePlatform, invitation, () => undefined);
  const { invitation: mallorys } = await openInvitation(nodePlatform, theirs, () => undefined);
  for (const text of [
    await forged(invitation, {}, mallory),
    await forged(invitation, { area: mallorys.area, read: mallorys.read, owner: mallorys.owner }, mallory),
    await forged(theirs, { records: [...real.records, ...mallorys.records] }, mallory),
    await forged(invitation, { device: mallorys.device }, ann),
    invitation.replace(/^[^.]+/, theirs.split('.')[0]!),
    invitation.slice(0, -20),
    'nonsense',
  ])
    await refused(
      bob.call('shareAccept', { invitation: text, fingerprint: ofAnn }),
      'integrity',
      /ERR_(INVITATION|OWNER_|MALFORMED|FINGERPRINT$)/,
    );
  assert.deepEqual((await bob.call('shareList', {})).taken, []);

  assert.equal((await bob.call('shareAccept', { invitation, fingerprint: ofAnn })).person, 'Ann');
  assert.deepEqual(await restored(), ['photo']);
  // Whoever is known by another name gets neither Ann's name nor her share.
  const ofMallory = (await mallory.call('shareCard', { name: 'M' })).fingerprint;
  await refused(
    bob.call('shareAccept', { invitation: theirs, fingerprint: ofMallory }),
    'usage',
    /ERR_USAGE/,
  );
  const taking = await forged(theirs, { chain: share }, mallory);
  const as = { fingerprint: ofMallory, as: 'Mallory' };
  await refused(bob.call('shareAccept', { invitation: taking, ...as }), 'integrity', /ERR_INVITATION/);
  await bob.call('shareAccept', { invitation: theirs, ...as });
  assert.deepEqual(await restored(), ['photo']);
});

test('an invitation is of use to nobody else', async () => {
  await refused(mallory.call('shareAccept', { invitation, fingerprint: ofAnn }), 'no-key', /ERR_NOT_YOURS/);
  await refused(ann.call('shareAccept', { invitation }), 'usage', /ERR_USAGE/);
  const own = await ann.call('shareCard', { name: 'Ann' });
  const self = { card: own.card, fingerprint: own.fingerprint, name: 'Ann', databases: ['Pictures'] };
  await refused(ann.call('shareCreate', { ...self, way: ann.world.wim.params }), 'usage', /ERR_USAGE/);
});

test('access leads to the share and the owner records, and nowhere else', async () => {
  const { invitation: real, sender } = await openInvitation(nodePlatform, invitation, () => undefined);
  const keys = (await loadIdentity(join(bob.state, 'identity')))!;
  const open = (read: string, device: typeof keys | undefined) =>
    areaDestination({
      ...{ uri: real.area, prefix: `${sender.record.user}/`, grants: () => ({ read }) },
      sign: device
        ? (typ, payload) => signForEngine(device, typ, payload)
        : async (typ, payload) => (await freshKey()).sign(typ, payload),
      retry: { attempts: 1 },
    });
  const names = async (read: string, below: string, device: typeof keys | undefined = keys) => {
    const area = open(read, device);
    try {
      return (await Array.fromAsync(area.list(below))).length;
    } finally {
      await area.close();
    }
  };
  assert.ok((await names(real.read, `${real.device}/${share}/`)) >= 3);
  assert.ok((await names(real.owner, 'o/')) >= 1);
  for (const [grant, below] of [
    [real.read, `${real.device}/`],
    [real.read, ''],
    [real.read, 'o/'],
    [real.owner, `${real.device}/${share}/`],
  ] as const)
    await assert.rejects(names(grant, below), DestinationError, below);
  const other = await loadIdentity(join(mallory.state, 'identity'));
  await assert.rejects(names(real.read, `${real.device}/${share}/`, other), DestinationError, 'another key');
});

const annsPlace = async (): Promise<string> => {
  const { user, device } = await ann.call('owner', {});
  return join(ann.world.storage.state, 'objects', parseAreaUri(ann.world.area).area, user, device);
};

test('the storage: altered, swapped and held back objects of a share are named', async () => {
  const place = await annsPlace();
  const chains = await readdir(place);
  const backup = chains.find((name) => name !== share)!;
  assert.equal(chains.length, 2);
  const into = join(bob.world.directory, 'no');
  const get = () => bob.call('shareRestore', { share, way: bob.world.wim.params, into });
  let named = 0;
  for (const { parentPath, name } of await readdir(join(place, share), {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!name.endsWith('.object')) continue;
    const path = join(parentPath, name);
    const bytes = await readFile(path);
    const altered = Buffer.from(bytes);
    altered[Math.floor((altered.length - 40) / 2)]! ^= 1;
    await writeFile(path, altered);
    // What nobody reads of a document may be altered: then it is all the same.
    const ended = await restored().catch((error: unknown) => error);
    if (ended instanceof ProblemError) {
      named++;
      assert.equal(ended.kind, 'integrity', `${name}: ${ended.message}`);
    } else assert.deepEqual(ended, ['photo'], name);
    await writeFile(path, bytes);
  }
  assert.ok(named >= 3);
  await rename(join(place, share), `${place}-away`);
  await cp(join(place, backup), join(place, share), { recursive: true });
  await refused(get(), 'integrity', /ERR_/);
  await rm(join(place, share), { recursive: true });
  await refused(get(), 'integrity', /ERR_ROLLED_BACK/);
  await rename(`${place}-away`, join(place, share));

  // And the other way round: the share where the backup was.
  await rename(join(place, backup), `${place}-away`);
  await cp(join(place, share), join(place, backup), { recursive: true });
  await refused(ann.call('backup', {}), 'integrity', /ERR_/);
  await refused(ann.call('restore', { way: ann.world.wim.params, into }), 'integrity', /ERR_/);
  await rm(join(place, backup), { recursive: true });
  await rename(`${place}-away`, join(place, backup));
  await ann.call('backup', {});
  assert.deepEqual(await restored(), ['photo']);
  assert.ok(!(await readdir(bob.world.directory)).includes('no'));
});

test('the storage that goes back to an older set is found out by who has seen the newer one', async () => {
  const place = join(await annsPlace(), share, 'm');
  await writeFile(join(ann.home, 'photo'), 'for both of us');
  await ann.call('shareUpdate', { share });
  assert.deepEqual(await restored(), ['photo']);
  const newest = (await readdir(place))
    .filter((name) => name.endsWith('.object'))
    .sort()
    .at(-1)!;
  await rename(join(place, newest), join(ann.world.directory, newest));
  const into = join(bob.world.directory, 'no');
  await refused(
    bob.call('shareRestore', { share, way: bob.world.wim.params, into }),
    'integrity',
    /ERR_ROLLED_BACK/,
  );
  await refused(bob.call('shareAccept', { invitation }), 'integrity', /ERR_ROLLED_BACK/);
  await refused(ann.call('shareUpdate', { share }), 'integrity', /ERR_ROLLED_BACK/);
  await rename(join(ann.world.directory, newest), join(place, newest));
  assert.deepEqual(await restored(), ['photo']);
});

test('the records of the sender are followed: a device that is gone shares nothing, and none comes by itself', async () => {
  const { user } = await ann.call('owner', {});
  const records = join(ann.world.storage.state, 'objects', parseAreaUri(ann.world.area).area, user, 'o');
  const [first] = (await readdir(records)).filter((name) => name.endsWith('.object'));
  const bytes = await readFile(join(records, first!));
  const altered = Buffer.from(bytes);
  altered[60]! ^= 1;
  await writeFile(join(records, first!), altered);
  const into = join(bob.world.directory, 'no');
  const get = () => bob.call('shareRestore', { share, way: bob.world.wim.params, into });
  await refused(get(), 'integrity', /ERR_/);
  await rm(join(records, first!));
  await refused(get(), 'integrity', /ERR_OWNER_ROLLBACK/);
  await writeFile(join(records, first!), bytes);
  assert.deepEqual(await restored(), ['photo']);
});
