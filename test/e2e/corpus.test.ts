/**
 * The whole corpus, in one set: every item comes back byte for byte, through the area and through a backup file; a
 * second restore changes nothing, and a second backup has nothing to send (B10, U3, U7).
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { BackupResult, ParamsOf, RestoreResult } from '../../src/api/device/index.ts';
import { showBytes } from '../../src/lib/bytes.ts';
import { openSource } from '../../src/sources/index.ts';
import { everything } from '../contracts/source.ts';
import { assertSameTree, describeTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';

/** What a restore into an empty place makes of a folder: the same tree, the same files, or only the same items. */
type Promised = 'tree' | 'files' | 'items';

const databases = [
  { database: 'Address Book', kind: 'vcard', folder: 'contacts', same: 'items' },
  { database: 'Calendar', kind: 'icalendar', folder: 'calendars', same: 'files' },
  { database: 'Content Store', kind: 'folder', folder: 'emails', same: 'tree' },
  { database: 'Device Messenger', kind: 'folder', folder: 'chat', same: 'tree' },
  { database: 'Messages', kind: 'maildir', folder: 'maildir', same: 'files' },
  { database: 'Saved Email Messages', kind: 'mbox', folder: 'mbox', same: 'files' },
  { database: 'SMS Messages', kind: 'sms-xml', folder: 'sms', same: 'files' },
  { database: 'Termux', kind: 'folder', folder: 'termux', same: 'tree' },
] as const satisfies readonly { database: string; kind: string; folder: string; same: Promised }[];

const corpus = process.env.HOLDFAST_CORPUS ?? '';
const missing = databases.filter(({ folder }) => !existsSync(join(corpus, folder)));
const reason =
  corpus === ''
    ? 'HOLDFAST_CORPUS is not set'
    : `HOLDFAST_CORPUS lacks ${missing.map(({ folder }) => folder).join(', ')}`;
const skip = corpus !== '' && missing.length === 0 ? false : reason;

let it: World;
let phone: WorldDevice;
let origin: string;
/** By database. */
const originals = new Map<string, Listed>();

before(async () => {
  if (skip) return;
  it = await world({ users: { alice: { devices: ['phone', 'tablet', 'laptop'] } } });
  phone = it.device('alice', 'phone');
  origin = it.place('corpus');
  for (const { folder } of databases) {
    cpSync(join(corpus, folder), join(origin, folder), { recursive: true, preserveTimestamps: true });
    makeWritable(join(origin, folder));
  }
  await addSources(phone, origin);
  for (const row of databases) originals.set(row.database, await listed(row, origin));
});
after(() => it?.[Symbol.asyncDispose]());

function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeWritable(path);
    else chmodSync(path, 0o644);
  }
}

async function addSources(device: WorldDevice, root: string): Promise<void> {
  for (const { database, kind, folder } of databases)
    await device.call('sourceAdd', { database, kind, path: join(root, folder) });
}

/** Files of which a run says that they are damaged; what is in them is backed up as far as it goes. */
const calendarCutShort = 'it ends before its calendar does: it was cut short; export it again';
const damaged = [
  ...[
    'calcard__081.ics',
    'calcard__115.ics',
    'calcard__118.ics',
    'calcard__121.ics',
    'calcard__148.ics',
    'pyicalendar__big_bad_calendar.ics',
    'pyicalendar__pr_480_summary_with_colon.ics',
    'pyicalendar__small_bad_calendar.ics',
    'pyicalendar__src_icalendar_tests_calendars_timezone_same_start_and_offset.ics',
    'pyicalendar__timezone_same_start_and_offset.ics',
  ].map((name) => ['Calendar', name, calendarCutShort] as const),
  [
    'Saved Email Messages',
    'nodembox__test-not-an.mbox',
    'no message in it begins with "From ": it is no mbox',
  ],
  [
    'SMS Messages',
    'shruggie__malformed.xml',
    'it ends before its last element does: it was cut short; export it again',
  ],
] as const;

/** Files that lie in the folder of a source and belong to no database; nothing is said of them. */
const strangers: readonly string[] = ['shruggie__sms-backup-restore.schema.json'];

/** Maildir++ wants an empty file of that name in a folder. */
const madeAnew = /(^|\/)maildirfolder$/;

interface Listed {
  /** In byte order. */
  readonly uids: readonly string[];
  /** Of the bytes of each item, sorted. */
  readonly digests: readonly string[];
}

async function listed({ kind, folder }: (typeof databases)[number], root: string): Promise<Listed> {
  const source = openSource({ kind, path: join(root, folder) });
  const items = await everything(source);
  await source.close();
  return {
    uids: items.map(({ head }) => showBytes(head.uid)),
    digests: items.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex')).sort(),
  };
}

/** The hash of every file by its path. */
const filesIn = (folder: string): Map<string, string> =>
  new Map(
    [...describeTree(folder)]
      .filter(([, is]) => is.startsWith('file '))
      .map(([path, is]) => [path, is.slice(is.lastIndexOf(' ') + 1)]),
  );

function assertSameFiles(expected: string, actual: string): void {
  const [before, after] = [filesIn(expected), filesIn(actual)];
  for (const name of strangers) before.delete(name);
  for (const name of [...after.keys()].filter((path) => madeAnew.test(path))) after.delete(name);
  assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort());
  for (const [path, is] of before) assert.equal(after.get(path), is, `${path} differs`);
}

/** Nothing was written: every file is the one that was there, of the same time. */
function assertUntouched(folder: string, before: ReadonlyMap<string, string>): void {
  const now = describeTree(folder);
  const other = [...new Set([...before.keys(), ...now.keys()])].filter(
    (path) => now.get(path) !== before.get(path),
  );
  assert.deepEqual(other, []);
}

function assertDamageSaid({ leftOut, leftOutCount, complete }: BackupResult): void {
  assert.deepEqual(
    leftOut.map(({ database, item, reason }) => [database, item, reason]),
    damaged.map(([database, name, why]) => [database, `${name}/`, `${name}: ${why}`]),
  );
  assert.deepEqual([leftOutCount, complete], [damaged.length, false]);
}

/** Each database once, with so many items added, replaced, kept and kept beside. */
function assertWritten(result: RestoreResult, expected: (items: number) => readonly number[]): void {
  assert.deepEqual([result.complete, result.leftOut], [true, []]);
  assert.deepEqual(
    result.databases.map((row) => [row.database, row.added, row.replaced, row.kept, row.keptBoth]),
    databases.map(({ database }) => [database, ...expected(originals.get(database)!.uids.length)]),
  );
}

const allAdded = (items: number) => [items, 0, 0, 0];
const allKept = (items: number) => [0, 0, items, 0];

test('the area takes every item, and says which files are damaged', { skip }, async () => {
  const done = await phone.call('backup', {});
  assertDamageSaid(done);
  assert.deepEqual(
    done.databases.map(({ database, items, added }) => [database, items, added]),
    databases.map(({ database }) => {
      const { length } = originals.get(database)!.uids;
      return [database, length, length];
    }),
  );
});

for (const [destination, name] of [
  ['the area', 'tablet'],
  ['a backup file', 'laptop'],
] as const)
  test(`through ${destination}: byte for byte, and a second restore changes nothing`, { skip }, async () => {
    let from: ParamsOf<'restore'> = {};
    if (destination === 'a backup file') {
      from = { from: `${it.place('stick')}.ipd` };
      assertDamageSaid(await phone.call('backup', { to: from.from }));
    }
    const device = it.device('alice', name);
    const home = it.place('home');
    for (const { folder } of databases) mkdirSync(join(home, folder), { recursive: true });
    await addSources(device, home);

    await device.call('ls', from);
    const entries = Map.groupBy(
      device.events.filter((event) => event.kind === 'entry'),
      ({ database }) => database,
    );
    for (const { database } of databases)
      assert.deepEqual(
        entries.get(database)?.map(({ uid }) => uid),
        originals.get(database)!.uids,
      );

    assertWritten(await device.call('restore', from), allAdded);
    for (const row of databases) {
      const [was, is] = [join(origin, row.folder), join(home, row.folder)];
      assert.deepEqual((await listed(row, home)).digests, originals.get(row.database)!.digests, row.database);
      if (row.same === 'tree') await assertSameTree(was, is);
      if (row.same === 'files') assertSameFiles(was, is);
    }

    const restored = describeTree(home);
    assertWritten(await device.call('restore', from), allKept);
    assertUntouched(home, restored);
  });

test('restored into the sources that it came from, nothing changes, and nothing is to be sent', {
  skip,
}, async () => {
  const before = describeTree(origin);
  assertWritten(await phone.call('restore', {}), allKept);
  assertUntouched(origin, before);

  const again = await phone.call('backup', {});
  assertDamageSaid(again);
  assert.equal(again.stored, 0);
  for (const { database, items, unchanged, added, changed, deleted } of again.databases)
    assert.deepEqual([unchanged, added, changed, deleted], [items, 0, 0, 0], database);
});
