/** Sets that are forged with real cryptography, and readers that were never meant to read (U2, B14). */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ProblemError } from '../../src/api/problem/index.ts';
import { listChains } from '../../src/backup/chain/index.ts';
import { restore, runBackup, type Trust } from '../../src/backup/index.ts';
import { decodeDocument } from '../../src/formats/syncml/index.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { MANIFEST_TYP, type Manifest } from '../../src/set/index.ts';
import { openSource } from '../../src/sources/index.ts';
import { openState } from '../../src/state/index.ts';
import { assertSameTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';
import { attackerEngine, freshKey, issuerKey, type KeyPair, randomId, stolenKey } from './attacker.ts';
import { HostileStorage } from './storage.ts';

const SECRET = 'the words that nobody else may read';

let it: World;
let storage: HostileStorage;
let phone: WorldDevice;
let tablet: WorldDevice;
let reader: WorldDevice;
let bob: WorldDevice;
let home: string;
let user: string;
let issuer: Awaited<ReturnType<typeof issuerKey>>;

before(async () => {
  it = await world({
    hostile: true,
    users: { alice: { devices: ['phone', 'tablet', 'reader'] }, bob: { devices: ['phone'] } },
  });
  storage = new HostileStorage(it);
  [phone, tablet, reader, bob] = [
    it.device('alice', 'phone'),
    it.device('alice', 'tablet'),
    it.device('alice', 'reader'),
    it.device('bob', 'phone'),
  ];
  home = it.place('home');
  await mkdir(home);
  await writeFile(join(home, 'letter'), SECRET);
  for (const device of [phone, tablet, bob]) {
    await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
    await device.call('backup', {});
  }
  await writeFile(join(home, 'second'), `${SECRET}, again`);
  await phone.call('backup', {});
  await reader.call('refresh', {});
  issuer = await issuerKey(it);
  user = manifests(phone)[0]!.path.split('/')[0]!;
});
after(() => it?.[Symbol.asyncDispose]());

const manifests = (device: WorldDevice) => storage.of(device.id).filter(({ kind }) => kind === 'manifest');

const payloadOf = (jws: Buffer): Manifest =>
  JSON.parse(Buffer.from(jws.toString().split('.')[1]!, 'base64url').toString());

async function refused(params: { device?: string; set?: string }, why: string): Promise<ProblemError> {
  const into = it.place('into');
  const error = await reader.call('restore', { ...params, into }).then(
    () => assert.fail(`${why}: restored`),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof ProblemError, String(error));
  assert.equal(await lstat(into).catch(() => undefined), undefined, `${why}: something was written`);
  return error;
}

/**
 * A forged set of the phone's chain counts for nothing: it is named, the newest that the phone made comes back as the
 * newest; and asked for by its id (`where`, when another device has a real set of that id), it is refused.
 */
async function countsForNothing(
  forged: Pick<Manifest, 'set' | 'counter'>,
  why: string,
  where: { device?: string } = {},
): Promise<void> {
  const into = it.place('into');
  const { set } = await reader.call('restore', { device: phone.id, into });
  assert.equal(set.counter, 2, why);
  await assertSameTree(home, join(into, 'Files'));
  const named = reader.events.flatMap((event) => (event.kind === 'notice' ? [event] : []));
  assert.deepEqual(
    named.map(({ code }) => code),
    ['FOREIGN_MANIFEST'],
    why,
  );
  assert.match(named[0]!.message, new RegExp(forged.set), why);
  const error = await refused({ set: forged.set, ...where }, why);
  assert.deepEqual([error.kind, error.code], ['integrity', 'ERR_NOT_AUTHENTIC'], why);
  assert.match(error.message, new RegExp(`manifest ${forged.counter} `), why);
}

/** Manifests that only a signature can tell from real ones: all that they hold is public. */
function forgeries(): Record<string, Manifest> {
  const [first, second] = manifests(phone).map(({ bytes }) => payloadOf(bytes));
  const next = { ...second!, counter: 3, prev: second!.uses[0]?.hash ?? second!.prev!, time: Date.now() };
  return {
    'an old state under a new counter': { ...first!, counter: 3, set: randomId() },
    'the newest state without a database': { ...next, set: randomId(), indexes: [] },
    'the newest state, again': { ...next, set: randomId() },
  };
}

const pathOf = (manifest: Manifest): string =>
  `${user}/${manifest.device}/${manifest.chain}/m/${String(manifest.counter).padStart(10, '0')}-${manifest.set}`;

test('a manifest signed by another key: a fresh one, another device of the user, another user', async () => {
  const signers: Record<string, KeyPair> = {
    'a fresh key': await freshKey(),
    "the tablet's key": await stolenKey(tablet),
    "bob's key": await stolenKey(bob),
  };
  for (const [who, key] of Object.entries(signers))
    for (const [what, manifest] of Object.entries(forgeries())) {
      storage.serve(pathOf(manifest), utf8(await key.sign(MANIFEST_TYP, utf8(JSON.stringify(manifest)))));
      const why = `${what}, signed by ${who}`;
      await countsForNothing(manifest, why);
      storage.reset();
    }
});

test('a manifest whose header claims what it likes: no algorithm, a MAC under the public key, its own key', async () => {
  const { publicJwk, sign } = await freshKey();
  const genuine = await stolenKey(phone);
  const [manifest] = Object.values(forgeries());
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const mac = (header: object, key: Buffer): string => {
    const signed = `${encode(header)}.${encode(manifest)}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
  const raw = Buffer.from(genuine.publicJwk.x!, 'base64url');
  const [, , own] = (await sign(MANIFEST_TYP, utf8(JSON.stringify(manifest)))).split('.');
  const [header, payload, signature] = manifests(phone)[1]!.bytes.toString().split('.') as [
    string,
    string,
    string,
  ];
  // The signature is the real one, spelled with other bits in its unused end.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const respelled = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.at(-1)!) ^ 1];
  const tries = {
    none: `${encode({ alg: 'none', typ: MANIFEST_TYP })}.${encode(manifest)}.`,
    'HS256 under the public key': mac({ alg: 'HS256', typ: MANIFEST_TYP }, raw),
    'HS256 under the JWK': mac(
      { alg: 'HS256', typ: MANIFEST_TYP },
      Buffer.from(JSON.stringify(genuine.publicJwk)),
    ),
    'a key of its own': `${encode({ alg: 'EdDSA', typ: MANIFEST_TYP, jwk: publicJwk })}.${encode(manifest)}.${own}`,
    'the signature of another': `${header}.${encode(manifest)}.${signature}`,
    'a critical extension': `${encode({ alg: 'EdDSA', typ: MANIFEST_TYP, crit: ['b64'], b64: false })}.${payload}.${signature}`,
  };
  for (const [what, jws] of Object.entries(tries)) {
    storage.serve(pathOf(manifest!), utf8(jws));
    await countsForNothing(manifest!, what);
    storage.reset();
  }
  storage.serve(manifests(phone)[1]!.path, utf8(`${header}.${payload}.${respelled}`));
  assert.equal((await refused({ device: phone.id }, 'spelled otherwise')).kind, 'integrity');
  storage.reset();
});

test('what else the device signs is no manifest', async () => {
  const key = await stolenKey(phone);
  const [manifest] = Object.values(forgeries());
  for (const typ of ['holdfast-report+jws', 'holdfast-proof+jws', 'JWT', '']) {
    storage.serve(pathOf(manifest!), utf8(await key.sign(typ, utf8(JSON.stringify(manifest)))));
    await countsForNothing(manifest!, typ);
    storage.reset();
  }
});

test("a manifest of device A under device B's place", async () => {
  const [chain] = manifests(phone)[0]!.path.split('/').slice(2);
  for (const { path, bytes } of manifests(tablet)) {
    const parts = path.split('/');
    // The tablet's chain, moved as it is, while the phone's is held back.
    for (const one of manifests(phone)) storage.hide(one.path);
    storage.serve([user, phone.id, ...parts.slice(2)].join('/'), bytes);
    const error = await refused({ device: phone.id }, path);
    assert.equal(error.kind, 'integrity', `${error.code} ${error.message}`);
    storage.reset();
    // A manifest of it within the phone's chain, above the newest and in its place.
    const name = parts[4]!.replace(/^\d+/, '0000000003');
    storage.serve([user, phone.id, chain, 'm', name].join('/'), bytes);
    await countsForNothing({ set: name.slice(-22), counter: 3 }, path, { device: phone.id });
    storage.reset();
    storage.hide(manifests(phone)[1]!.path);
    storage.serve([user, phone.id, chain, 'm', name.replace('3', '2')].join('/'), bytes);
    assert.equal((await refused({ device: phone.id }, path)).kind, 'integrity');
    storage.reset();
  }
});

/**
 * A whole set by the real engine, sealed properly to the user's real policy key: in a chain of its own, or as the next
 * of the phone's chain, which whoever has the policy key can read.
 */
async function forgeSet(key: KeyPair, where: 'own chain' | "the phone's chain") {
  const genuine = await stolenKey(phone);
  const trust: Trust = {
    signer: async () => genuine.publicJwk,
    ended: () => false,
    heads: () => [],
    knownAt: 0,
  };
  // The tablet holds the user's policy key, as each of the user's devices does.
  using engine = await attackerEngine(it, { holds: tablet, key, user, device: phone.id, issuer, trust });
  const blind = { ...engine.destination, async *list() {} };
  const destination = where === 'own chain' ? blind : engine.destination;
  const from = it.place('forged');
  await mkdir(from);
  await writeFile(join(from, 'letter'), 'forged');
  const state = openState(`${from}.db`);
  const source = openSource({ kind: 'folder', path: from });
  try {
    const report = await runBackup(
      { ...engine, destination },
      {
        catalogue: state.catalogue(it.area),
        plans: [
          {
            ...{ database: 'Files', label: 'home', source },
            classify: () => 'enterprise',
            rules: () => ({
              ...{ backup: 'allow', encrypt: 'user', plain: 'skip', custody: 'company', compress: 'on' },
              ...{ pad: 'on', granularity: 'batch', into: 'allow', share: 'deny' },
              ...{ 'guard.removed': 30, 'guard.changed': 60, 'guard.atLeast': 25 },
            }),
          },
        ],
        policy: 1,
      },
    );
    return report.set!;
  } finally {
    await source.close();
    state.close();
    await engine.destination.close();
  }
}

test('a whole set sealed to the right key by somebody who holds it, and signed by another key', async () => {
  const genuine = new Set(storage.stored.keys());
  const hideForged = (): void => {
    for (const path of storage.stored.keys()) if (!genuine.has(path)) storage.hide(path);
  };
  for (const [who, key] of Object.entries({ fresh: await freshKey(), tablet: await stolenKey(tablet) })) {
    const own = await forgeSet(key, 'own chain');
    const named = await refused({ set: own.set }, who);
    assert.deepEqual([named.kind, named.code], ['integrity', 'ERR_NOT_AUTHENTIC'], who);
    // Not asked for by its id it does not count: the chain whose head is known does.
    const into = it.place('into');
    const { set } = await reader.call('restore', { device: phone.id, into });
    assert.equal(set.counter, 2);
    await assertSameTree(home, join(into, 'Files'));

    hideForged();
    const next = await forgeSet(key, "the phone's chain");
    assert.equal(next.counter, 3);
    await countsForNothing(next, who);
    hideForged();
  }
  // What was forged stays out of the way of the tests below.
});

test('another user, with a read grant by the real issuer: nothing opens, whomever it trusts', async () => {
  const key = await stolenKey(bob);
  const credulous: Trust = {
    signer: async (device) => (await stolenKey(device === phone.id ? phone : tablet)).publicJwk,
    ended: () => false,
    heads: () => [],
    knownAt: 0,
  };
  const writerFor = () => assert.fail('nothing is to be written');
  using wise = await attackerEngine(it, { holds: bob, key, user, device: bob.id, issuer });
  using blind = await attackerEngine(it, { holds: bob, key, user, device: bob.id, issuer, trust: credulous });
  // The area gives everything to who has such a grant: all documents can be read as they are.
  const [chain] = (await listChains(wise, `${phone.id}/`)).slice(-1);
  assert.ok(chain && chain.length > 0);
  for (const { path, kind } of storage.of(phone.id).filter(({ path }) => !storage.hidden(path))) {
    const bytes = await wise.destination.getObject(path.slice(user.length + 1), 2 ** 24);
    for (const word of [SECRET, 'letter', 'Files'])
      assert.equal(Buffer.from(bytes).includes(word), false, `${word} stands in ${path}`);
    if (kind === 'data') assert.ok(decodeDocument(bytes).frames.length > 0);
  }
  const asked = { device: phone.id, writerFor };
  await assert.rejects(restore(wise, asked), { code: 'ERR_NOT_YOURS', kind: 'no-key' });
  await assert.rejects(restore(blind, asked), { code: 'ERR_NO_KEY', kind: 'no-key' });
  await wise.destination.close();
  await blind.destination.close();
});

test('a device that was ended: what it had reported can be restored, what it signs afterwards counts for nothing', async () => {
  const key = await stolenKey(tablet);
  const own = manifests(tablet).at(-1)!;
  const last = payloadOf(own.bytes);
  await it.admin.revokeDevice(tablet.id);
  await reader.call('refresh', {});
  // With its own key, in its own chain, after its end; the storage plays along.
  const later: Manifest = { ...last, set: randomId(), counter: last.counter + 1, indexes: [] };
  storage.serve(pathOf(later), utf8(await key.sign(MANIFEST_TYP, utf8(JSON.stringify(later)))));
  const other: Manifest = { ...last, set: randomId(), chain: randomId(), counter: 1 };
  storage.serve(pathOf(other), utf8(await key.sign(MANIFEST_TYP, utf8(JSON.stringify(other)))));
  const into = it.place('into');
  const { set } = await reader.call('restore', { device: tablet.id, into });
  assert.deepEqual([set.set, set.counter], [last.set, last.counter]);
  for (const { set: named } of [later, other])
    assert.notEqual((await refused({ set: named }, 'after the end')).kind, 'failed');
  storage.reset();
});

test('a device that was ended signs its last set anew: what the server knows of it is what counts', async () => {
  const key = await stolenKey(tablet);
  const own = manifests(tablet).at(-1)!;
  const last = payloadOf(own.bytes);
  const { set, counter, time } = last;
  const forged: Manifest = { ...last, set: randomId(), indexes: [], uses: [] };
  const reported = { set, counter, time, hash: createHash('sha256').update(own.bytes).digest('base64url') };
  const tries: Record<string, Manifest> = {
    'as it is': forged,
    'what came before is pruned': { ...forged, base: counter + 1 },
    'the real one is pruned': {
      ...forged,
      kind: 'prune',
      prune: { kept: [], removed: [reported], gone: [] },
    },
  };
  for (const [what, manifest] of Object.entries(tries)) {
    storage.hide(own.path);
    storage.serve(pathOf(manifest), utf8(await key.sign(MANIFEST_TYP, utf8(JSON.stringify(manifest)))));
    const error = await refused({ device: tablet.id }, what);
    assert.equal(error.kind, 'integrity', `${what}: ${error.code} ${error.message}`);
    storage.reset();
  }
});
