/** One device after the other: enrolled, backed up, restored; and what is refused on the way. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { callDevice, type EntryEvent, type RunningEvent } from '../../api/device/index.ts';
import { world } from './world.test.ts';

const { scratch, admin, open, enrolled, tree } = await world();

const CARD = 'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:Eva Muster\r\nN:Muster;Eva;;;\r\nEND:VCARD\r\n';

test('a device that never enrolled says so, and touches nothing', async () => {
  const device = await open('stranger');
  const status = await callDevice(device, 'status', {});
  assert.deepEqual([status.enrolment, status.sources, status.agent], ['none', 0, false]);
  for (const operation of ['databases', 'refresh', 'backup', 'sets', 'ls', 'verify'] as const) {
    await assert.rejects(callDevice(device, operation, {}), { code: 'ERR_NOT_ENROLLED', kind: 'no-key' });
  }
  const into = join(scratch, 'stranger-out');
  await assert.rejects(callDevice(device, 'restore', { into }), { code: 'ERR_NOT_ENROLLED' });
  assert.ok(!(await readdir(scratch)).some((name) => name.startsWith('stranger')));
});

test('codes: what is none, one of another server, a used one', async () => {
  const device = await open('codes');
  await assert.rejects(callDevice(device, 'enrol', { code: 'holdfast-enrol:AAAA' }), { kind: 'usage' });
  const { code } = await admin.makeCode({ user: 'ann' });
  await callDevice(device, 'enrol', { code });
  await assert.rejects(callDevice(device, 'enrol', { code }), { code: 'ERR_ALREADY_ENROLLED' });
  await assert.rejects(callDevice(await open('codes-2'), 'enrol', { code }), { kind: 'no-key' });
});

test('backup, and restore on another device of the user; nobody else', async (t) => {
  const files = await tree('files', { 'letter.txt': 'dear', 'deep/er/ä b': 'x'.repeat(100_000), empty: '' });
  const cards = join(await tree('cards', { 'contacts.vcf': CARD }), 'contacts.vcf');
  const voice = await tree('voice', { 'call.amr': 'hello' });
  const first = await enrolled('first', 'ann');
  await callDevice(first, 'sourceAdd', { database: 'Files', kind: 'folder', path: files, label: 'files' });
  await callDevice(first, 'sourceAdd', { database: 'Address Book', kind: 'vcard', path: cards });
  await callDevice(first, 'sourceAdd', { database: 'Voice Mail', kind: 'folder', path: voice });

  const rows = (await callDevice(first, 'databases', {})).databases;
  const row = (name: string) => rows.find(({ database }) => database === name);
  assert.deepEqual([row('Voice Mail')?.available, row('Voice Mail')?.policy], [false, 'everyone']);
  assert.deepEqual([row('Files')?.available, row('Files')?.encrypt], [true, 'user']);

  const refused = callDevice(first, 'backup', { databases: ['Voice Mail'] });
  await assert.rejects(refused, { kind: 'refused', message: /everyone/ });
  await assert.rejects(callDevice(first, 'backup', { databases: ['Nothing'] }), { kind: 'usage' });
  const dry = await callDevice(first, 'backup', { dryRun: true });
  assert.deepEqual([dry.set, dry.stored], [undefined, 0]);

  const events: RunningEvent[] = [];
  const done = await callDevice(first, 'backup', {}, { onEvent: (event) => events.push(event) });
  assert.deepEqual([done.complete, done.reported, done.set?.counter], [true, true, 1]);
  assert.deepEqual(
    done.leftOut.map(({ database, policy }) => [database, policy]),
    [['Voice Mail', 'everyone']],
  );
  assert.ok(events.some((event) => event.kind === 'progress'));
  const again = await callDevice(first, 'backup', {});
  assert.equal(
    again.databases.find(({ database }) => database === 'Files')?.unchanged,
    dry.databases.find(({ database }) => database === 'Files')?.items,
  );
  const status = await callDevice(first, 'status', {});
  assert.deepEqual([status.lastBackup?.counter, status.unsent], [2, 0]);

  const second = await enrolled('second', 'ann');
  const listed = await callDevice(second, 'sets', {});
  assert.deepEqual(
    listed.sets.map(({ counter, own }) => [counter, own]),
    [
      [1, false],
      [2, false],
    ],
  );
  assert.deepEqual(
    [listed.freshness.kind, listed.freshness.kind === 'known' && listed.freshness.counter],
    ['known', 2],
  );
  const entries: EntryEvent[] = [];
  const found = await callDevice(
    second,
    'ls',
    {},
    { onEvent: (event) => void (event.kind === 'entry' && entries.push(event)) },
  );
  assert.equal(found.entries, entries.length);
  assert.ok(entries.some(({ uid, title }) => uid === '1' || title === 'Eva Muster'));
  const at = listed.sets[0]!.time;
  assert.equal((await callDevice(second, 'ls', { at })).set.counter, 1);

  const into = join(scratch, 'out');
  const restored = await callDevice(second, 'restore', { into });
  assert.deepEqual([restored.complete, restored.set.counter], [true, 2]);
  assert.deepEqual((await readdir(into)).sort(), ['Address Book', 'Files']);
  assert.equal(await readFile(join(into, 'Files', 'deep/er/ä b'), 'utf8'), 'x'.repeat(100_000));
  assert.equal(await readFile(join(into, 'Address Book', 'contacts.vcf'), 'utf8'), CARD);

  await assert.rejects(callDevice(second, 'restore', {}), { code: 'ERR_WHICH', kind: 'usage' });
  const home = await tree('home', { 'letter.txt': 'other' });
  await callDevice(second, 'sourceAdd', { database: 'Files', kind: 'folder', path: home });
  const one = await callDevice(second, 'restore', { databases: ['Files'], items: ['letter.txt'] });
  assert.deepEqual([one.databases[0]?.replaced, one.databases[0]?.target], [1, 'home']);
  assert.equal(await readFile(join(home, 'letter.txt'), 'utf8'), 'dear');
  assert.deepEqual(await readdir(home), ['letter.txt']);

  const verified = await callDevice(second, 'verify', {});
  assert.deepEqual([verified.damaged, verified.items > 0], [[], true]);

  await t.test('another user opens nothing', async () => {
    const other = await enrolled('other', 'bob');
    const nothing = join(scratch, 'bob-out');
    await assert.rejects(callDevice(other, 'restore', { into: nothing }), { kind: 'usage' });
    await assert.rejects(callDevice(other, 'restore', { into: nothing, set: done.set!.set }), {
      kind: 'usage',
    });
    assert.ok(!(await readdir(scratch)).includes('bob-out'));
  });
});

test('what policy keeps in its application is not written elsewhere', async () => {
  const device = await enrolled('keeper', 'bob');
  const path = await tree('secrets', { pin: '1234' });
  await callDevice(device, 'sourceAdd', { database: 'Secrets', kind: 'folder', path });
  await callDevice(device, 'backup', {});
  const into = join(scratch, 'secrets-out');
  await assert.rejects(callDevice(device, 'restore', { into }), { kind: 'refused', message: /everyone/ });
  assert.ok(!(await readdir(scratch)).includes('secrets-out'));
  await assert.rejects(callDevice(device, 'restore', { into: join(scratch, 'keeper') }), { kind: 'usage' });
  await rm(join(path, 'pin'));
  assert.equal((await callDevice(device, 'restore', {})).databases[0]?.added, 1);
});
