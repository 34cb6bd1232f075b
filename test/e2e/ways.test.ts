/** The ways in change, by the real command line: added, replaced, removed, killed in the middle (U5, N4). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createSoftwareWim, lowestCost } from '../../src/custody/wim/index.ts';
import { type Person, person } from '../world/person.ts';
import { type Ended, holdfast, thoughKilled } from './cli-command.ts';

let me: Person;
let place: string;
let homes: string[];
let first: string;

before(async () => {
  me = await person();
  homes = [];
  for (const name of ['laptop', 'desktop']) {
    const home = join(me.directory, `home of the ${name}`);
    await mkdir(home);
    await writeFile(join(home, 'letter'), `a letter on the ${name}`);
    homes.push(home);
  }
  const passphrase = (await readFile(me.wim.secret, 'utf8')).trim();
  for (const name of ['new', 'third'])
    await createSoftwareWim(join(me.directory, `${name}.wim`), name, passphrase, lowestCost);
});
after(() => me?.[Symbol.asyncDispose]());

const secretOf = (): string[] => ['--secret-file', me.wim.secret];
const key = (): string[] => ['--wim', me.wim.path, ...secretOf()];
const paper = (): string[] => ['--wim', 'phrase', '--secret-file', me.phrase.secret];
const by = (name: string): string[] => ['--wim', join(me.directory, `${name}.wim`), ...secretOf()];
const anew = (name: string): string[] => [
  ...['--new', join(me.directory, `${name}.wim`)],
  ...['--new-secret-file', me.wim.secret],
];

const environment = (terminal: string) => ({ HOLDFAST_DEVICE_STATE: join(me.directory, terminal) });
const on =
  (terminal: string) =>
  (...words: string[]): Promise<Ended> =>
    holdfast(words, { env: environment(terminal) });
const laptop = on('laptop');
const desktop = on('desktop');

async function done(command: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await command;
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

async function fails(command: Promise<Ended>, code: number, message: RegExp): Promise<void> {
  const ended = await command;
  assert.equal(ended.code, code, ended.stdout + ended.stderr);
  assert.match(ended.stderr, message);
}

let bares = 0;
/** On a terminal that has nothing else. */
async function restores(way: readonly string[], ...which: string[]): Promise<string> {
  const [terminal, into] = [`bare-${bares}`, join(me.directory, `out-${bares++}`)];
  await done(on(terminal)('restore', '--from', place, ...way, '--into', into, ...which));
  return readFile(join(into, 'Files', 'letter'), 'utf8');
}

const storage = (...words: string[]): Promise<string> =>
  done(holdfast(['storage', 'area', ...words, '--state', me.storage.state]));

const devices: { laptop: string; desktop: string } = { laptop: '', desktop: '' };

test('two terminals back up for a key file and a phrase', async () => {
  await done(laptop('device', 'init', ...key(), '--phrase-file', me.phrase.secret, '--name', 'laptop'));
  const added = await done(laptop('area', 'add', me.area, ...key()));
  place = /--from (\S+)/.exec(added)![1]!;
  const owner = await done(desktop('device', 'init', '--from', place, ...key(), '--name', 'desktop'));
  for (const name of ['laptop', 'desktop'] as const)
    devices[name] = new RegExp(`device +${name} \\((.{22})\\)`).exec(owner)![1]!;
  await done(laptop('source', 'add', 'Files', 'folder', homes[0]!));
  await done(desktop('source', 'add', 'Files', 'folder', homes[1]!));
  first = /set (\S+)/.exec(await done(laptop('backup')))![1]!;
  await writeFile(join(homes[0]!, 'letter'), 'a second letter on the laptop');
  await done(laptop('backup'));
  await done(desktop('backup'));
});

test('added: it alone restores everything, once the storage trusts it, also what was stored before', async () => {
  await fails(laptop('wim', 'add', ...by('third'), ...anew('new')), 2, /"third" is none of your ways in/);
  const said = await laptop('wim', 'add', ...paper(), ...anew('new'));
  assert.equal(said.code, 0, said.stderr);
  assert.match(said.stdout, /way in +new \(key file\)/);
  assert.match(said.stdout, /: 2 of 2 envelopes wrapped anew$/m);
  assert.match(said.stderr, /storage area trust AREA/);
  const issuers = join(me.directory, 'issuers.json');
  await fails(
    on('bare')('restore', '--from', place, ...by('new'), '--into', join(me.directory, 'no')),
    5,
    /./,
  );
  await done(laptop('device', 'owner', '--issuers', issuers));
  await storage('trust', 'mine', '--issuer-file', issuers);
  assert.equal(await restores(by('new'), '--set', first), 'a letter on the laptop');
  assert.equal(await restores(by('new'), '--device', devices.laptop), 'a second letter on the laptop');
  assert.equal(await restores(by('new'), '--device', devices.desktop), 'a letter on the desktop');
  assert.equal(await restores(key(), '--set', first), 'a letter on the laptop');
  const again = await done(laptop('wim', 'add', ...paper(), ...anew('new')));
  assert.match(again, /unchanged/);
  assert.match(again, /: 0 of 2 envelopes wrapped anew$/m);
  assert.match(await done(laptop('sets')), /3 sets/);
});

test('removed: it opens nothing that is still there, and nothing that comes', async () => {
  await fails(laptop('wim', 'remove', 'no such', ...paper()), 2, /none of your ways in is called "no such"/);
  await fails(laptop('wim', 'remove', 'key', ...key()), 2, /cannot take itself out/);
  const said = await laptop('wim', 'remove', 'key', ...paper());
  assert.equal(said.code, 0, said.stderr);
  assert.match(said.stdout, /: 2 of 2 envelopes wrapped anew, 4 old ones deleted/);
  assert.match(said.stderr, /may have read and kept/);
  const id = /--thumbprint (\S+);/.exec(said.stderr)![1]!;
  await writeFile(join(homes[0]!, 'letter'), 'a third letter on the laptop');
  await done(laptop('backup'));
  await done(desktop('backup'));
  for (const which of [
    ['--set', first],
    ['--device', devices.laptop],
    ['--device', devices.desktop],
  ])
    await fails(
      on('bare')('restore', '--from', place, ...key(), '--into', join(me.directory, 'no'), ...which),
      5,
      /none of the keys here opens it/,
    );
  for (const way of [paper(), by('new')]) {
    assert.equal(await restores(way, '--set', first), 'a letter on the laptop');
    assert.equal(await restores(way, '--device', devices.laptop), 'a third letter on the laptop');
  }
  await storage('revoke', 'mine', '--thumbprint', id);
  await fails(on('bare')('sets', '--from', place, ...key()), 5, /./);
  await done(laptop('backup'));
  await fails(desktop('backup'), 5, /./);
  await done(desktop('area', 'add', me.area, ...by('new')));
  await done(desktop('backup'));
  assert.match(await done(laptop('wim', 'remove', 'key', ...paper())), /unchanged/);
});

test('a way back stays: the last but one goes only when that is refused (U5)', async () => {
  await fails(laptop('wim', 'remove', 'new', ...paper()), 2, /only "recovery phrase" would be left/);
  assert.match(await done(laptop('device', 'owner')), /new \(key file\)/);
});

test('replaced, and killed again and again: the same command completes it', async () => {
  const issuers = join(me.directory, 'third.json');
  const { signature } = JSON.parse(await readFile(join(me.directory, 'third.cert.json'), 'utf8'));
  await writeFile(issuers, JSON.stringify(signature));
  await storage('trust', 'mine', '--issuer-file', issuers);
  const words = ['wim', 'replace', 'new', ...paper(), ...anew('third')];
  const kills = await thoughKilled(words, { env: environment('laptop') }, async (after, count) => {
    if (count % 3 === 1)
      assert.equal(await restores(paper(), '--set', first), 'a letter on the laptop', `after ${after} ms`);
  });
  assert.ok(kills > 0, 'it was killed at least once');
  for (const which of [
    ['--set', first],
    ['--device', devices.desktop],
  ]) {
    await restores(by('third'), ...which);
    await fails(
      on('bare')('restore', '--from', place, ...by('new'), '--into', join(me.directory, 'no'), ...which),
      5,
      /./,
    );
  }
  const { code, stdout } = await laptop('wim', 'rewrap', ...by('third'), '--json');
  assert.equal(code, 0);
  const { areas, complete } = JSON.parse(stdout.trim().split('\n').at(-1)!);
  assert.deepEqual([complete, areas[0].rewrapped, areas[0].kept, areas[0].left], [true, 0, 0, []]);
});

test('pruned and verified after all that', async () => {
  await done(laptop('prune', '--keep-last', '2', ...by('third')));
  assert.match(await done(laptop('verify', ...paper())), /everything is as it was stored/);
  assert.equal(await restores(by('third'), '--device', devices.laptop), 'a third letter on the laptop');
  const stored = await readdir(join(me.storage.state, 'objects'), { recursive: true });
  assert.ok(stored.some((name) => /\/k\//.test(name)));
});
