/** Calendars, exported messages, mailboxes and maildirs through the engine and an area: incremental, byte for byte. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

const changes = (report: Awaited<ReturnType<TestDevice['backup']>>): number =>
  report.databases.reduce((sum, { added, changed, deleted }) => sum + added + changed + deleted, 0);

const event = (n: number): string => `BEGIN:VEVENT\r\nUID:${n}\r\nSUMMARY:Event ${n}\r\nEND:VEVENT\r\n`;
const calendar = (text: string): string =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Mine\r\n${text}END:VCALENDAR\r\n`;
const mail = (n: number): string =>
  `From a@b Sun Dec 25 21:33:37 2011\nMessage-ID: <${n}@x>\nSubject: ${n}\n\n${'text '.repeat(50)}\n\n`;
const sms = (n: number): string =>
  `\n  <sms address="+1" date="${1_700_000_000_000 + n}" type="1" body="number ${n}" />`;
const smses = (text: string): string => `<?xml version='1.0'?>\n<smses backup_set="x">${text}\n</smses>`;
const times = (n: number, one: (n: number) => string): string =>
  Array.from({ length: n }, (_, i) => one(i)).join('');

const files = [
  {
    kind: 'icalendar',
    name: 'calendar.ics',
    before: calendar(times(60, event)),
    after: calendar(event(99) + times(59, event)),
  },
  { kind: 'mbox', name: 'mail.mbox', before: times(60, mail), after: times(59, mail) + mail(99) },
  { kind: 'sms-xml', name: 'sms.xml', before: smses(times(60, sms)), after: smses(sms(99) + times(59, sms)) },
] as const;

for (const { kind, name, before, after } of files)
  test(`${kind}: a file comes back as it was, also after changes in its middle`, async () => {
    const device = await world.device(new TestUser());
    const path = join(await place(), name);
    for (const text of [before, after]) {
      await writeFile(path, text);
      const report = await device.backup(path, { kind });
      assert.equal(report.leftOut.length, 0);
      const [database] = report.databases;
      // The item that is new, and the layout.
      if (text === after)
        assert.deepEqual([database!.added, database!.changed, database!.deleted], [1, 1, 1]);
      const into = await place();
      await device.restore(into);
      assert.equal(await readFile(join(into, 'Files', name), 'utf8'), text);
    }
    assert.equal(changes(await device.backup(path, { kind })), 0);
  });

test('sms-xml: of an export that was cut short all that is complete is stored, the break is named, nothing is deleted', async () => {
  const device = await world.device(new TestUser());
  const path = join(await place(), 'sms.xml');
  const whole = smses(times(60, sms));
  await writeFile(path, whole);
  await device.backup(path, { kind: 'sms-xml' });

  // A new message, and the rest did not arrive.
  await writeFile(path, smses(sms(99) + times(60, sms)).slice(0, -1000));
  const cut = await device.backup(path, { kind: 'sms-xml' });
  assert.equal(cut.databases[0]!.deleted, 0);
  assert.ok(cut.databases[0]!.added >= 1);
  assert.equal(cut.leftOut.length, 1);
  assert.match(cut.leftOut[0]!.reason, /sms\.xml.*cut short/);
  const into = await place();
  await device.restore(into);
  const restored = await readFile(join(into, 'Files', 'sms.xml'), 'utf8');
  for (const n of [99, ...Array(60).keys()]) assert.ok(restored.includes(sms(n).trim()), `${n}`);

  await writeFile(path, whole);
  const healed = await device.backup(path, { kind: 'sms-xml' });
  assert.deepEqual([healed.leftOut, healed.databases[0]!.deleted], [[], 1]);
});

test('maildir: a message that was read is not uploaded again, and its flags come back', async () => {
  const device = await world.device(new TestUser());
  const root = await place();
  for (const box of ['cur', 'new', 'tmp', '.Sent/cur', '.Sent/new', '.Sent/tmp'])
    await mkdir(join(root, box), { recursive: true });
  const text = `Subject: x\n\n${'text '.repeat(2000)}\n`;
  await writeFile(join(root, 'new/1.a'), text);
  await writeFile(join(root, '.Sent/cur/2.b:2,S'), `${text}2`);
  await device.backup(root, { kind: 'maildir' });
  await rename(join(root, 'new/1.a'), join(root, 'cur/1.a:2,RS'));
  const report = await device.backup(root, { kind: 'maildir' });
  assert.ok(report.set);
  assert.deepEqual([report.databases[0]!.bytes, report.databases[0]!.deleted], [0, 0]);
  assert.equal(changes(await device.backup(root, { kind: 'maildir' })), 0);
  const into = await place();
  await device.restore(into);
  assert.deepEqual(
    (await readdir(join(into, 'Files', 'cur'))).concat(await readdir(join(into, 'Files', '.Sent/cur'))),
    ['1.a:2,RS', '2.b:2,S'],
  );
  assert.equal(await readFile(join(into, 'Files/cur/1.a:2,RS'), 'utf8'), text);
});

const corpus = process.env.HOLDFAST_CORPUS ?? '';
const missing = existsSync(join(corpus, 'calendars')) ? false : 'HOLDFAST_CORPUS names no corpus';

test('the corpus comes back byte for byte through an area', { skip: missing }, async () => {
  const user = new TestUser();
  const back = async (device: TestDevice, kind: string, folder: string): Promise<string> => {
    // Mail programs name folders so; a clone of the corpus may be read-only.
    const from = await place();
    await cp(join(corpus, folder), from, { recursive: true, preserveTimestamps: true });
    await device.backup(from, { kind, database: folder });
    const into = await place();
    await device.restore(into, { databases: [folder] });
    return join(into, folder);
  };
  for (const [kind, folder] of [
    ['icalendar', 'calendars'],
    ['sms-xml', 'sms'],
    ['mbox', 'mbox'],
    ['maildir', 'maildir'],
  ] as const) {
    const restored = await back(await world.device(user), kind, folder);
    let same = 0;
    for (const name of await readdir(restored, { recursive: true })) {
      const bytes = await readFile(join(restored, name)).catch(() => undefined);
      // Maildir++ wants an empty file of that name in a new folder.
      if (!bytes || name.endsWith('maildirfolder')) continue;
      assert.equal(Buffer.compare(bytes, await readFile(join(corpus, folder, name))), 0, name);
      same++;
    }
    const least = { calendars: 500, sms: 6, mbox: 5, maildir: 2 }[folder];
    assert.ok(same >= least, `${folder}: ${same}`);
  }
});
