/** Own keys in a company, by the real command line: who opens what, and who does not (U1, U10). */
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { adminClient } from '../../src/api/client/index.ts';
import { createSoftwareWim, lowestCost, phraseOf } from '../../src/custody/wim/index.ts';
import { start as startServer } from '../../src/programs/server/index.ts';
import { type World, WorldDevice, world } from '../world.ts';
import { type Ended, holdfast } from './cli-command.ts';

const row = { backup: 'allow', encrypt: 'user', into: 'allow' };
const policy = (more: object = {}, personal: object = {}) => ({
  name: 'everyone',
  scope: { global: true },
  classify: [{ label: 'Home', class: 'personal' }],
  databases: {
    Letters: { ...row, custody: 'any' },
    Plans: { ...row, custody: 'all' },
    Contracts: { ...row, custody: 'company' },
    Diary: { ...row, ...more },
    '*': row,
  },
  classes: { personal },
});

let it: World;
let words: string;
const device = (name: string) => it.device('alice', name);
const at = (name: string) => join(it.directory, name);
const key = () => ['--wim', at('key.wim'), '--secret-file', at('passphrase')];
const paper = () => ['--wim', 'phrase', '--secret-file', at('words')];
const databases = ['Contracts', 'Diary', 'Letters', 'Plans'];

before(async () => {
  it = await world({
    users: { alice: { devices: ['laptop', 'desktop'] } },
    policies: [policy({ custody: 'user' })],
  });
  const passphrase = 'a passphrase for tests';
  await createSoftwareWim(at('key.wim'), 'key', passphrase, lowestCost);
  words = phraseOf(crypto.getRandomValues(new Uint8Array(32)));
  await writeFile(at('passphrase'), passphrase);
  await writeFile(at('words'), words);
  for (const name of databases) {
    await mkdir(at(name));
    await writeFile(join(at(name), 'file'), `what ${name} says`);
    await done(device('laptop').cli(['source', 'add', name, 'folder', at(name)]));
  }
  await mkdir(at('home'));
  await writeFile(join(at('home'), 'poem'), 'a poem');
});
after(() => it?.[Symbol.asyncDispose]());

async function done(command: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await command;
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

async function fails(command: Promise<Ended>, code: number, message: RegExp): Promise<void> {
  const ended = await command;
  assert.equal(ended.code, code, ended.stdout + ended.stderr);
  assert.match(ended.stdout + ended.stderr, message);
}

/** What a restore on a device brings, by database. */
async function restored(on: WorldDevice, code: number, ...words: string[]): Promise<string[]> {
  const into = it.place('into');
  const ended = await on.cli(['restore', '--into', into, ...words]);
  assert.equal(ended.code, code, ended.stdout + ended.stderr);
  const found = [];
  for (const name of databases) {
    const text = await readFile(join(into, name, 'file'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    assert.equal(text, `what ${name} says`);
    found.push(name);
  }
  return found;
}

test('without own keys nothing is backed up that they are to open', async () => {
  const laptop = device('laptop');
  await fails(laptop.cli(['backup', '--dry-run']), 3, /no key of their own here; run: holdfast wim use/);
  await fails(laptop.cli(['backup', '--database', 'Diary']), 5, /no key of their own/);
  await fails(laptop.cli(['device', 'owner']), 5, /no keys of your own/);
});

test('a way back first, then own keys are taken in, and everybody sees who opens (U5, U10)', async () => {
  const laptop = device('laptop');
  await fails(laptop.cli(['wim', 'use', ...key()]), 2, /a way back is missing/);
  const used = await done(
    laptop.cli(['wim', 'use', ...key(), '--phrase-file', at('words'), '--name', 'laptop']),
  );
  assert.match(used, /version 1.*key \(key file\).*recovery phrase.*laptop \(.{22}\), this one/s);
  assert.equal(await done(laptop.cli(['device', 'owner'])), used);
  await fails(laptop.cli(['wim', 'use', ...key()]), 2, /uses your ways in already/);
  const rows = await done(laptop.cli(['device', 'databases']));
  const row = (name: string) => rows.split('\n').find((line) => line.startsWith(name)) ?? '';
  assert.match(row('Diary'), /available.* user +key, recovery phrase/);
  assert.match(row('Letters'), /the company, all of the user's devices, key, recovery phrase/);
  assert.match(row('Plans'), /the company together with key, the company together with recovery phrase/);
  assert.doesNotMatch(row('Contracts'), /phrase/);
  await done(laptop.cli(['backup']));
});

test('a restore brings what the keys at hand open, and says what they do not', async () => {
  const laptop = device('laptop');
  assert.deepEqual(await restored(laptop, 3), ['Contracts', 'Letters']);
  for (const way of [key(), paper()]) assert.deepEqual(await restored(laptop, 0, ...way), databases);
  assert.deepEqual(await restored(laptop, 5, '--database', 'Diary'), []);
  assert.deepEqual(await restored(laptop, 0, '--database', 'Letters'), ['Letters']);
  assert.match(await done(laptop.cli(['verify', ...key()])), /everything is as it was stored/);
});

test('a backup file is sealed for the same', async () => {
  const laptop = device('laptop');
  const file = ['--from', at('stick.ipd')];
  await done(laptop.cli(['backup', '--to', at('stick.ipd')]));
  assert.deepEqual(await restored(laptop, 3, ...file), ['Contracts', 'Letters']);
  assert.deepEqual(await restored(laptop, 0, ...file, ...paper()), databases);
});

test('another device of the user follows the record from a way in, and is added to it', async () => {
  const desktop = device('desktop');
  await writeFile(at('other'), phraseOf(crypto.getRandomValues(new Uint8Array(32))));
  const stranger = ['--wim', 'phrase', '--secret-file', at('other')];
  await fails(desktop.cli(['wim', 'use', ...stranger]), 5, /None of the owner records/);
  const used = await done(desktop.cli(['wim', 'use', ...paper(), '--name', 'desktop']));
  assert.match(used, /version 2.*laptop.*desktop \(.{22}\), this one/s);
  await done(device('laptop').cli(['backup', '--allow-empty']));
  assert.match(await done(device('laptop').cli(['device', 'owner'])), /version 2/);
});

test('policy lets the company in: personal data waits for the answer of the user', async () => {
  const laptop = device('laptop');
  await it.applyPolicies(policy({ custody: 'user' }, { custody: 'user' }));
  await done(laptop.cli(['source', 'add', 'Poems', 'folder', at('home'), '--as', 'Home']));
  await done(laptop.cli(['backup']));
  assert.match(await done(laptop.cli(['device', 'consent'])), /nothing is asked/);
  await it.applyPolicies(policy({ custody: 'user' }, { custody: 'any' }));
  await writeFile(join(at('home'), 'poem'), 'another poem');
  await fails(laptop.cli(['backup']), 3, /so that the company could open it.*holdfast device consent/);
  await fails(laptop.cli(['backup', '--database', 'Poems']), 4, /you have not said yes/);
  const asked = await done(laptop.cli(['device', 'consent']));
  assert.match(asked, /Poems: custody "user" would become "any", as policy everyone wants.*not answered/);
  assert.match(await done(laptop.cli(['device', 'consent', '--no'])), /answered: no/);
  await fails(laptop.cli(['backup']), 3, /you said no/);
  await done(laptop.cli(['device', 'consent', '--yes', '--database', 'Poems']));
  await done(laptop.cli(['backup']));
  const into = it.place('poems');
  await fails(laptop.cli(['restore', '--into', into]), 3, /none of the keys here/);
  assert.equal(await readFile(join(into, 'Poems', 'poem'), 'utf8'), 'another poem');
});

test("whoever copies the server reads the company's, and nothing that only the user opens", async () => {
  await it.server.stop();
  await cp(it.server.state, at('copied'), { recursive: true });
  await it.server.start();
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const copy = await startServer({ state: at('copied'), port: 0, log: silent });
  const token = (await readFile(it.tokenFile, 'utf8')).trim();
  const thief = new WorldDevice('alice', 'thief', at('thief'));
  try {
    const admin = adminClient({ url: copy.url, token });
    const [{ code }] = [await admin.makeCode({ user: 'alice' })];
    await thief.enrol(code);
    const mine = ['--device', device('laptop').id];
    assert.deepEqual(await restored(thief, 3, ...mine), ['Contracts', 'Letters']);
    await fails(
      thief.cli(['restore', '--into', at('no'), '--database', 'Diary', ...mine]),
      5,
      /none of the keys/,
    );
  } finally {
    await thief.close();
    await copy.close();
  }
});

test('a bare terminal reads only where the operator of the area trusts the way in', async () => {
  const bare = it.stranger('bare');
  const { user } = await device('laptop').call('owner', {});
  const place = `${it.area}/${user}`;
  await fails(bare.cli(['sets', '--from', place, ...key()]), 5, /./);
  const file = at('issuers.json');
  await done(device('laptop').cli(['device', 'owner', '--issuers', file]));
  await done(
    holdfast(['storage', 'area', 'trust', 'company', '--state', it.storage.state, '--issuer-file', file]),
  );
  const mine = ['--device', device('laptop').id];
  assert.deepEqual(await restored(bare, 3, '--from', place, ...mine, ...key()), ['Diary', 'Letters']);
});

test('a way in takes the place of another: it opens what is stored from then on, and the other one does not (U5)', async () => {
  const laptop = device('laptop');
  await createSoftwareWim(at('second.wim'), 'second', 'a passphrase for tests', lowestCost);
  const secret = ['--secret-file', at('passphrase')];
  const anew = ['--new', at('second.wim'), '--new-secret-file', at('passphrase')];
  await fails(laptop.cli(['wim', 'remove', 'nobody', ...paper()]), 2, /none of your ways in is called/);
  const replaced = await done(laptop.cli(['wim', 'replace', 'key', ...paper(), ...anew]));
  assert.match(
    replaced,
    /version 3.*second \(key file\).*the next backup of each device seals everything anew/s,
  );
  await done(laptop.cli(['backup']));
  assert.deepEqual(await restored(laptop, 0, '--wim', at('second.wim'), ...secret), databases);
  assert.deepEqual(await restored(laptop, 3, ...key()), ['Contracts', 'Letters']);
  const desktop = await done(device('desktop').cli(['wim', 'rewrap', ...paper()]));
  assert.match(desktop, /version 3.*unchanged/s);
});
