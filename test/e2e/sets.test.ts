/** The real command line: which set is meant, what has changed between two, and what each restore would do. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { resultOf } from '../world/device.ts';
import { describeTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';

let it: World;
let phone: WorldDevice;
let tablet: WorldDevice;
let home: string;
let cards: string;
const made: { set: string; time: number }[] = [];

const card = (name: string, phone: string): string =>
  `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${name}\r\nFN:${name}\r\nTEL:${phone}\r\nEND:VCARD\r\n`;

before(async () => {
  it = await world({ users: { alice: { devices: ['phone', 'tablet'] } } });
  [phone, tablet] = [it.device('alice', 'phone'), it.device('alice', 'tablet')];
  [home, cards] = [it.place('home'), `${it.place('cards')}.vcf`];
  await mkdir(home);
  await writeFile(cards, '');
  await phone.call('sourceAdd', { database: 'Files', kind: 'folder', path: home, label: 'home' });
  await phone.call('sourceAdd', { database: 'Address Book', kind: 'vcard', path: cards });
  await state({ letter: 'the first', gone: 'gone later' }, { Ann: '1', Bob: '2' });
  await state({ letter: 'the second, longer', late: 'new' }, { Ann: '1', Bob: '22', Cem: '3' });
  await state({ letter: 'the third', late: 'new' }, { Ann: '1', Bob: '22', Cem: '3' });
});
after(() => it?.[Symbol.asyncDispose]());

/** Everything is like this now, and is backed up. */
async function state(files: Record<string, string>, contacts: Record<string, string>): Promise<void> {
  await rm(home, { recursive: true });
  await mkdir(home);
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text);
  await writeFile(
    cards,
    Object.entries(contacts)
      .map(([name, number]) => card(name, number))
      .join(''),
  );
  const { set } = await phone.call('backup', {});
  made.push({ set: set!.set, time: set!.time });
}

async function ok(device: WorldDevice, ...args: string[]) {
  const ended = await device.cli(args);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
  return ended;
}

const iso = (time: number): string => new Date(time).toISOString();

test('restore, ls, verify --at: the newest set made by then', async () => {
  for (const [i, { set, time }] of made.entries()) {
    const at = ['--at', iso(time)];
    const into = it.place('into');
    const restored = resultOf('restore', await ok(tablet, 'restore', '--into', into, ...at, '--json'));
    assert.equal(restored.set.set, set);
    assert.equal(
      await readFile(join(into, 'Files/letter'), 'utf8'),
      ['the first', 'the second, longer', 'the third'][i],
    );
    assert.equal(resultOf('ls', await ok(tablet, 'ls', ...at, '--json')).set.set, set);
    assert.equal(resultOf('verify', await ok(tablet, 'verify', ...at, '--json')).set.set, set);
  }
  assert.equal(resultOf('ls', await ok(tablet, 'ls', '--at', '0001s', '--json')).set.set, made[2]!.set);
});

test('--at with nothing so old: 2, and the oldest is named; nothing is written', async () => {
  const into = it.place('into');
  for (const command of [['restore', '--into', into], ['ls'], ['verify']]) {
    const { code, stderr } = await tablet.cli([...command, '--at', '3d']);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(`the oldest is ${made[0]!.set} of ${iso(made[0]!.time)}`), stderr);
  }
  await assert.rejects(async () => describeTree(into), { code: 'ENOENT' });
  for (const args of [
    ['--at', 'yesterday'],
    ['--at', iso(made[0]!.time), '--set', made[0]!.set],
  ]) {
    const { code, stderr } = await tablet.cli(['ls', ...args]);
    assert.equal(code, 2, stderr);
  }
});

test('diff: the newest against the one before, since a set, since a time, between two', async () => {
  const [first, second, third] = made;
  const counts = async (...args: string[]) => {
    const { databases, older, newer } = resultOf('diff', await ok(tablet, 'diff', ...args, '--json'));
    const rows = databases.map((row) => [row.database, row.added, row.changed, row.deleted]);
    return { rows, older: older.set, newer: newer.set };
  };
  assert.deepEqual(await counts(), { rows: [['Files', 0, 1, 0]], older: second!.set, newer: third!.set });
  const all = [
    ['Address Book', 1, 1, 0],
    ['Files', 1, 1, 1],
  ];
  const since = { rows: all, older: first!.set, newer: third!.set };
  assert.deepEqual(await counts(first!.set), since);
  assert.deepEqual(await counts('--at', iso(first!.time)), since);
  assert.deepEqual(await counts(first!.set, second!.set), { ...since, newer: second!.set });
  assert.deepEqual(await counts('--at', iso(first!.time), second!.set), { ...since, newer: second!.set });
  const contacts = await counts(first!.set, '--database', 'Address Book');
  assert.deepEqual(contacts.rows, [all[0]]);
});

test('diff says it to people and to programs, by name when asked', async () => {
  const [first, second] = made;
  const { stdout } = await ok(tablet, 'diff', first!.set, second!.set, '--names');
  assert.match(stdout, /^changed {2}Address Book .* Bob$/m);
  assert.match(stdout, /^added {4}Files +3 B {2}late$/m);
  assert.match(stdout, /^deleted {2}Files +10 B {2}gone$/m);
  assert.match(stdout, /^changed {2}Files +9 B -> 18 B {2}letter$/m);
  assert.match(stdout, /^DATABASE +CLASS +ADDED +SIZE +CHANGED +SIZE +DELETED +SIZE$/m);
  assert.match(stdout, new RegExp(`^from set ${first!.set} \\(number 1\\) of .* to set ${second!.set}`, 'm'));
  const lines = (await ok(tablet, 'diff', first!.set, second!.set, '--names', '--json')).stdout
    .trim()
    .split('\n');
  const rows = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'difference');
  assert.deepEqual(rows.map(({ change, uid, was, size }) => [change, uid, was, size]).slice(-3), [
    ['deleted', 'gone', 10, 10],
    ['added', 'late', 0, 3],
    ['changed', 'letter', 9, 18],
  ]);
  const without = (await ok(tablet, 'diff', '--json')).stdout;
  assert.ok(!without.includes('"difference"'));
  const none = (await ok(tablet, 'diff', first!.set, first!.set)).stdout;
  assert.match(none, /^nothing has changed from set/);
  for (const args of [
    ['--at', '1d', first!.set, second!.set],
    ['no id'],
    ['--database', 'Nothing'],
    ['A'.repeat(22)],
  ])
    assert.equal((await tablet.cli(['diff', ...args])).code, 2, args.join(' '));
});

test('verify --sample: a share of the items, by a seed that is told', async () => {
  const once = resultOf('verify', await ok(tablet, 'verify', '--sample', '0.5%', '--json'));
  assert.deepEqual([once.listed, once.damaged, once.damagedCount], [5, [], 0]);
  assert.ok(once.items > 0 && once.items <= 5);
  const again = ['verify', '--sample', '0.5', '--seed', once.sample!.seed];
  const same = resultOf('verify', await ok(tablet, ...again, '--json'));
  assert.deepEqual([same.items, same.bytes, same.sample], [once.items, once.bytes, once.sample]);
  const { stdout } = await ok(tablet, ...again);
  assert.match(stdout, /\d of 5 items \(a sample of 0\.5 %, seed [\w-]+\)/);
  assert.match(stdout, /^what was checked is as it was stored$/m);
  for (const args of [
    ['--sample', '0'],
    ['--sample', '101'],
    ['--sample', 'some'],
    ['--seed', 'x'],
  ])
    assert.equal((await tablet.cli(['verify', ...args])).code, 2, args.join(' '));
  assert.equal((await tablet.cli(['verify', '--structure', '--sample', '5'])).code, 2);
});

/** A place with some of what is backed up, some of it changed, and something of its own. */
async function halfThere(files: string, contacts: string): Promise<void> {
  await mkdir(files, { recursive: true });
  await writeFile(join(files, 'late'), 'new');
  await writeFile(join(files, 'letter'), 'written here');
  await writeFile(join(files, 'own'), 'stays');
  await writeFile(contacts, card('Ann', '1') + card('Bob', 'another') + card('Own', '9'));
}

for (const where of ['into', 'home'] as const)
  for (const keepBoth of [false, true])
    test(`restore --dry-run${keepBoth ? ' --keep-both' : ''}, ${where}: says what is then done, and does nothing`, async () => {
      const device = await it.enrol('alice', `${where} ${keepBoth}`);
      const into = it.place('target');
      const [files, contacts] = [join(into, 'Files'), join(into, 'Address Book', basename(cards))];
      await mkdir(join(into, 'Address Book'), { recursive: true });
      await halfThere(files, contacts);
      const args = ['restore', '--device', phone.id, '--verbose', ...(keepBoth ? ['--keep-both'] : [])];
      if (where === 'into') args.push('--into', into);
      else {
        await ok(device, 'source', 'add', 'Files', 'folder', files, '--as', 'home');
        await ok(device, 'source', 'add', 'Address Book', 'vcard', contacts);
      }
      const rows = (stdout: string) =>
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
          .filter(({ kind }) => kind === 'written')
          .map(({ written, uid }) => `${written} ${uid}`);
      const counts = (ended: { code: number | null; stdout: string; stderr: string }) => {
        const { databases, complete } = resultOf('restore', ended);
        assert.ok(complete);
        return databases.map(({ database, added, replaced, kept, keptBoth }) => [
          database,
          ...[added, replaced, kept, keptBoth],
        ]);
      };
      const changed = keepBoth ? [0, 1, 1] : [1, 1, 0];
      const expected = [
        ['Address Book', 1, ...changed],
        ['Files', 0, ...changed],
      ];
      const before = describeTree(into);
      const dry = await ok(device, ...args, '--dry-run', '--json');
      assert.deepEqual(counts(dry).sort(), expected);
      assert.deepEqual(
        rows(dry.stdout).sort(),
        [
          'added Cem',
          'kept Ann',
          'kept late',
          keepBoth ? 'kept-both Bob' : 'replaced Bob',
          keepBoth ? 'kept-both letter' : 'replaced letter',
        ].sort(),
      );
      assert.deepEqual(describeTree(into), before, 'a dry run wrote something');

      const { stdout } = await ok(device, ...args, '--dry-run');
      assert.match(stdout, keepBoth ? /^beside {4}Files/m : /^replaced {2}Files +9 B {2}letter$/m);
      assert.match(stdout, /^DATABASE +TO +ADDED +REPLACED +KEPT +BESIDE +SIZE$/m);
      assert.match(stdout, /^dry run, nothing was written: set /m);
      assert.deepEqual(describeTree(into), before, 'a dry run wrote something');

      const done = await ok(device, ...args, '--json');
      assert.deepEqual(counts(done).sort(), expected);
      assert.deepEqual(rows(done.stdout), rows(dry.stdout));
      assert.equal(await readFile(join(files, 'own'), 'utf8'), 'stays');
      assert.equal(await readFile(join(files, 'letter'), 'utf8'), keepBoth ? 'written here' : 'the third');
      const cardsNow = await readFile(contacts, 'utf8');
      for (const text of ['TEL:9', 'TEL:22', 'TEL:3', ...(keepBoth ? ['TEL:another'] : [])])
        assert.ok(cardsNow.includes(text), `${text} in ${cardsNow}`);
      assert.equal(cardsNow.includes('TEL:another'), keepBoth);
      // A second time all of it is there, and nothing changes.
      const after = describeTree(into);
      const again = counts(await ok(device, ...args, '--json')).sort();
      assert.deepEqual(again, [
        ['Address Book', 0, 0, 3, 0],
        ['Files', 0, 0, 2, 0],
      ]);
      assert.deepEqual(describeTree(into), after);
    });

test('sets: one that lost much at once is marked, until it is confirmed (U6)', async () => {
  const device = await it.enrol('alice', 'careless');
  const many = it.place('many');
  await mkdir(many);
  for (let i = 0; i < 60; i++) await writeFile(join(many, `file ${i}`), `${i}`);
  await ok(device, 'source', 'add', 'Files', 'folder', many);
  await ok(device, 'backup');
  const listed = async () => {
    const { sets } = resultOf('sets', await ok(device, 'sets', '--device', device.id, '--json'));
    return sets.map(({ alert, counter }) => (alert ? `${counter}!` : `${counter}`));
  };
  assert.deepEqual(await listed(), ['1']);
  assert.doesNotMatch((await ok(device, 'sets', '--device', device.id)).stdout, /NOTE|confirm/);
  for (let i = 0; i < 40; i++) await rm(join(many, `file ${i}`));
  const { set } = resultOf('backup', await ok(device, 'backup', '--json'));
  assert.deepEqual(await listed(), ['1', '2!']);

  const shown = (await ok(device, 'sets', '--device', device.id)).stdout;
  assert.match(shown, new RegExp(`^${set!.set} .* to be confirmed$`, 'm'));
  const [, look, confirm] = /look with: holdfast (.*); if it was meant: holdfast (.*)/.exec(shown) ?? [];
  const { stdout: diff } = await ok(device, ...look!.split(' '));
  assert.equal(diff.match(/^deleted {2}Files/gm)?.length, 40);
  assert.equal((await device.cli(['sets', 'confirm', device.id])).code, 2, 'no set by that id');
  assert.equal((await device.cli(['sets', 'confirm'])).code, 2);
  const done = await ok(device, ...confirm!.split(' '));
  assert.equal(done.stdout, `set ${set!.set} is confirmed\n`);
  assert.deepEqual(await listed(), ['1', '2'], 'known here at once');
  assert.equal((await device.cli(['sets', 'confirm', set!.set])).code, 2, 'it waits no longer');
  // Others learn it with the next set.
  const others = async () =>
    (await tablet.call('sets', { device: device.id })).sets.map(({ alert }) => alert);
  assert.deepEqual(await others(), [undefined, true]);
  await ok(device, 'backup');
  assert.deepEqual(await others(), [undefined, undefined, undefined]);
});

test('an area that hides sets: exit 6, and named; an older one only when that is said', async () => {
  await using other = await world({ users: { bob: { devices: ['phone', 'new'] } } });
  const [device, fresh] = [other.device('bob', 'phone'), other.device('bob', 'new')];
  const root = other.place('files');
  await mkdir(root);
  const sets: string[] = [];
  await writeFile(join(root, 'letter'), 'dear');
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: root });
  for (const text of ['first', 'second']) {
    await writeFile(join(root, 'letter'), text);
    sets.push((await device.call('backup', {})).set!.set);
  }
  const into = other.place('out');
  const expected = await fresh.cli(['restore', '--into', into, '--expect', '3']);
  assert.equal(expected.code, 6, expected.stderr);
  assert.match(expected.stderr, /manifest 3 is expected, but the newest there is 2/);

  const names = await readdir(other.objects, { recursive: true });
  const newest = names.find((name) => name.includes(sets[1]!) && name.includes('/m/'));
  await rm(join(other.objects, newest!));
  const refused = await fresh.cli(['restore', '--into', into, '--set', sets[0]!]);
  assert.equal(refused.code, 6, refused.stderr);
  const taken = await fresh.cli(['restore', '--into', into, '--accept-older', sets[0]!]);
  assert.equal(taken.code, 0, taken.stderr);
  assert.match(taken.stderr, /^note: set .* is number 1 of its chain, and number 2 was known/m);
  assert.match(taken.stdout, /; number 2 was known at \d{4}-/);
  assert.equal(await readFile(join(into, 'Files', 'letter'), 'utf8'), 'first');
  const { entries } = await other.admin.audit();
  assert.equal(entries.filter(({ action }) => action === 'restore.older').length, 1);

  for (const user of await readdir(other.objects)) await rm(join(other.objects, user), { recursive: true });
  const hidden = await fresh.cli(['sets']);
  assert.equal(hidden.code, 6, hidden.stderr);
  assert.match(
    hidden.stdout,
    /^missing: all sets of device \S+ in chain \S+, of which number 2 was reported/m,
  );
  assert.match(hidden.stderr, /shows nothing of 1 chain that devices reported/);
});
