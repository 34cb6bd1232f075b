/** Two people, by the real command line: one shares two contacts with the other, and ends that (N11). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Person, person } from '../world/person.ts';
import { type Ended, holdfast } from './cli-command.ts';

let ann: Person;
let bob: Person;
let cards: string;

const card = (name: string, note = ''): string =>
  `BEGIN:VCARD\r\nVERSION:4.0\r\nUID:${name.toLowerCase()}\r\nFN:${name}\r\n${note}END:VCARD\r\n`;

before(async () => {
  [ann, bob] = await Promise.all([person(), person()]);
  cards = join(ann.directory, 'contacts.vcf');
  await writeFile(cards, ['Dora', 'Emil', 'Secret'].map((name) => card(name)).join(''));
});
after(async () => {
  await ann?.[Symbol.asyncDispose]();
  await bob?.[Symbol.asyncDispose]();
});

const on =
  (who: () => Person) =>
  (...words: string[]): Promise<Ended> =>
    holdfast(words, { env: { HOLDFAST_DEVICE_STATE: join(who().directory, 'state') } });
const asAnn = on(() => ann);
const asBob = on(() => bob);
const key = (who: Person) => ['--wim', who.wim.path, '--secret-file', who.wim.secret];
const at = (who: Person, name: string): string => join(who.directory, name);

async function done(command: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await command;
  assert.equal(code, 0, stderr);
  return stdout;
}

async function fails(command: Promise<Ended>, code: number, message: RegExp): Promise<void> {
  const ended = await command;
  assert.equal(ended.code, code, ended.stdout + ended.stderr);
  assert.match(ended.stderr, message);
}

const fingerprintIn = (text: string): string =>
  /fingerprint.*: ([0-9a-f]{4}( [0-9a-f]{4}){7})$/m.exec(text)![1]!;
const wrong = '0000 0000 0000 0000 0000 0000 0000 0000';
let share: string;
let ofAnn: string;

/** What Bob gets into a new folder. */
async function received(...more: string[]): Promise<string[]> {
  const into = join(bob.directory, `out-${Math.random()}`);
  await done(asBob('share', 'restore', 'Ann', ...key(bob), '--into', into, ...more));
  const [folder, ...none] = await readdir(into);
  assert.deepEqual([folder, none], ['Address Book from Ann', []]);
  const files = await readdir(join(into, folder!), { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), 'utf8'));
  return [...(await Promise.all(texts)).join('').matchAll(/^FN:(.*?)\r?$/gm)].map(([, name]) => name!).sort();
}

test('both have a device of their own; a card has a fingerprint', async () => {
  for (const [who, run, name] of [
    [ann, asAnn, 'Ann'],
    [bob, asBob, 'Bob'],
  ] as const) {
    await fails(run('share', 'card', '--name', name), 5, /belongs to nobody yet/);
    await done(run('device', 'init', ...key(who), '--alone', '--name', `${name}'s laptop`));
  }
  await fails(asAnn('share', 'create', '--to', cards, ...key(ann)), 2, /--out|--database/);
  await done(asAnn('area', 'add', ann.area, ...key(ann)));
  await done(asAnn('source', 'add', 'Address Book', 'vcard', cards));
  await done(asAnn('backup'));
  assert.equal(await done(asAnn('share', 'list')), 'nothing is shared\n');
  await done(asBob('share', 'card', '--name', 'Bob', '--out', at(bob, 'bob.card.json')));
});

test('Ann shares two contacts, once the fingerprint is compared', async () => {
  const ofBob = fingerprintIn(await done(asBob('share', 'card', '--name', 'Bob')));
  const create = [
    ...['share', 'create', '--to', at(bob, 'bob.card.json'), '--name', 'Ann', '--out', at(ann, 'invitation')],
    ...['--database', 'Address Book', ...key(ann)],
  ];
  const two = ['--item', 'dora', '--item', 'emil'];
  await fails(asAnn(...create, ...two), 2, /"Bob" is not known here yet/);
  await fails(asAnn(...create, ...two, '--fingerprint', wrong), 6, /not the one of "Bob"/);
  await fails(asAnn(...create, '--item', 'nobody', '--fingerprint', ofBob), 2, /nobody/);
  assert.equal(await done(asAnn('share', 'list')), 'nothing is shared\n');
  const said = await done(asAnn(...create, ...two, '--fingerprint', ofBob.toUpperCase().replaceAll(' ', '')));
  share = /share (\S{22}) with Bob: number 1 is stored/.exec(said)![1]!;
  ofAnn = fingerprintIn(said);
  assert.match(await done(asAnn('share', 'list')), /with Bob +Address Book \(2 items\)/);
});

test('Bob accepts it, and gets those two and no others', async () => {
  const accept = ['share', 'accept', at(ann, 'invitation')];
  await fails(asBob(...accept), 2, /"Ann" is not known here yet/);
  await fails(asBob(...accept, '--fingerprint', wrong), 6, /not the one of "Ann"/);
  const text = await readFile(at(ann, 'invitation'), 'utf8');
  const [head, payload, signature] = text.split('.');
  const other = JSON.parse(Buffer.from(payload!, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...other, name: 'Mum' })).toString('base64url');
  await writeFile(at(bob, 'forged'), [head, forged, signature].join('.'));
  await fails(asBob('share', 'accept', at(bob, 'forged'), '--fingerprint', ofAnn), 6, /altered/);
  await fails(asBob('share', 'accept', cards, '--fingerprint', ofAnn), 6, /not an invitation/);
  assert.match(await done(asBob(...accept, '--fingerprint', ofAnn)), /from Ann is accepted: number 1/);
  assert.match(await done(asBob(...accept)), /accepted/, 'who is known is not asked for again');
  assert.deepEqual(await received(), ['Dora', 'Emil']);
  await fails(asAnn(...accept), 2, /your own/);
});

test('it never goes over what is his own', async () => {
  const own = at(bob, 'own.vcf');
  await writeFile(own, card('Dora', 'NOTE:mine\r\n'));
  await done(asBob('source', 'add', 'Address Book', 'vcard', own));
  await fails(asBob('share', 'restore', share, ...key(bob)), 2, /does not go into your own "Address Book"/);
  assert.match(await readFile(own, 'utf8'), /NOTE:mine/);
  const theirs = at(bob, 'theirs.vcf');
  await writeFile(theirs, '');
  await done(asBob('source', 'add', 'Address Book', 'vcard', theirs, '--as', 'contacts.vcf from Ann'));
  await done(asBob('share', 'restore', share, ...key(bob)));
  assert.match(await readFile(theirs, 'utf8'), /FN:Dora[\s\S]*FN:Emil/);
  assert.match(await readFile(own, 'utf8'), /^BEGIN[\s\S]*NOTE:mine[\s\S]*END:VCARD\r\n$/);
  await fails(asBob('share', 'restore', 'Mum', ...key(bob)), 2, /no share "Mum".*\(Ann\)/);
});

test('backups and shares do not know of each other', async () => {
  assert.match(await done(asAnn('sets')), /1 set at/);
  await writeFile(cards, [card('Dora'), card('Emil', 'NOTE:new\r\n'), card('Secret')].join(''));
  await done(asAnn('backup'));
  await done(asAnn('prune', '--keep-last', '1', ...key(ann)));
  assert.match(await done(asAnn('verify', ...key(ann))), /everything is as it was stored/);
  await done(asAnn('restore', ...key(ann), '--into', at(ann, 'restored')));
  const restored = await readFile(join(at(ann, 'restored'), 'Address Book', 'contacts.vcf'), 'utf8').catch(
    () => '',
  );
  assert.match(restored || (await readdir(at(ann, 'restored'), { recursive: true })).join(), /secret/i);
  assert.deepEqual(await received(), ['Dora', 'Emil']);
});

test('an update has the items as they are now, and can renew the access', async () => {
  await writeFile(cards, [card('Emil', 'NOTE:new\r\n'), card('Secret')].join(''));
  assert.match(await done(asAnn('share', 'update', 'Bob')), /number 2 is stored/);
  assert.deepEqual(await received(), ['Emil']);
  const renewed = ['share', 'update', share, '--out', at(ann, 'renewed')];
  await fails(asAnn(...renewed), 2, /--wim/);
  await done(asAnn(...renewed, ...key(ann)));
  assert.match(await done(asBob('share', 'accept', at(ann, 'renewed'))), /number 3/);
});

test('after it has ended nothing more comes, and what was read is said to stay read', async () => {
  const end = ['share', 'end', 'Bob'];
  assert.match(await done(asAnn(...end)), /what is stored stays[\s\S]*What Bob has read stays read/);
  await fails(asAnn('share', 'update', share), 2, /there is no share/);
  await fails(
    asBob('share', 'restore', 'Ann', ...key(bob), '--into', at(bob, 'no')),
    4,
    /its sender has ended it/,
  );
  assert.match(await done(asAnn(...end, ...key(ann))), /\d+ objects deleted/);
  await fails(
    asBob('share', 'restore', 'Ann', ...key(bob), '--into', at(bob, 'no')),
    4,
    /its sender has ended it/,
  );
  assert.match(await done(asAnn('share', 'list')), /ended/);
  assert.match(await done(asAnn('sets')), /sets? at/);
  assert.ok(!(await readdir(bob.directory)).includes('no'));
  await mkdir(at(bob, 'done'));
});
