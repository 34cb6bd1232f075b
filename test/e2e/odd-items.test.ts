/** Items as phones really have them: empty, there twice, of one uid, not UTF-8. They come back as they were. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { resultOf } from '../world/device.ts';
import { ODD_NAMES } from '../world/odd-tree.ts';
import { assertSameTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));
/** Latin-1 where UTF-8 should be, an overlong form, a lone surrogate, bytes that are none, a NUL. */
const NOT_UTF8 = [0xe9, 0x20, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xff, 0xfe, 0x00, 0x20];

const card = (uid: string | number[], name: string | number[]): Buffer =>
  bytes('BEGIN:VCARD\r\nVERSION:3.0\r\nUID:', uid, '\r\nFN:', name, '\r\nEND:VCARD\r\n');
const event = (uid: string | number[], title: string | number[], stamp = '20260101T000000Z'): Buffer =>
  bytes('BEGIN:VEVENT\r\nUID:', uid, `\r\nDTSTAMP:${stamp}\r\nSUMMARY:`, title, '\r\nEND:VEVENT\r\n');
const sms = (body: string): string =>
  `  <sms protocol="0" address="+49 30 1" date="1700000000000" type="1" body="${body}" read="1" status="-1" />\n`;
const mail = (id: string | number[], body: string | number[]): Buffer =>
  bytes('From a@example.org Thu Jan  1 00:00:00 2026\nMessage-ID: <', id, '>\nSubject: x\n\n', body, '\n\n');

const FILES: Readonly<
  Record<string, { readonly kind: string; readonly file: string; readonly bytes: Buffer }>
> = {
  'Address Book': {
    kind: 'vcard',
    file: 'cards.vcf',
    bytes: Buffer.concat([
      card('twice', 'one'),
      card('twice', 'another of the same uid'),
      card('same', 'all the same'),
      card('same', 'all the same'),
      card('', 'an empty uid'),
      card('', 'a second empty uid'),
      card('latin', NOT_UTF8),
      card(NOT_UTF8, 'a uid that is no text'),
      card('../../evil', 'a uid that leads elsewhere'),
      card('x'.repeat(5000), 'a uid that is too long'),
    ]),
  },
  Calendar: {
    kind: 'icalendar',
    file: 'calendar.ics',
    bytes: Buffer.concat([
      bytes('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n'),
      event('twice', 'one'),
      event('twice', 'the other', '20260202T000000Z'),
      event('same', 'same'),
      event('same', 'same'),
      event('latin', NOT_UTF8),
      event(NOT_UTF8, 'a uid that is no text'),
      bytes('END:VCALENDAR\r\n'),
    ]),
  },
  'SMS Messages': {
    kind: 'sms-xml',
    file: 'sms.xml',
    bytes: bytes(
      "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"5\">\n",
      sms('hello') + sms('hello') + sms('') + sms('&#55357;&#56832;') + sms('a &#0; in it'),
      '</smses>\n',
    ),
  },
  Messages: {
    kind: 'mbox',
    file: 'mail.mbox',
    bytes: Buffer.concat([
      mail('twice@x', 'one'),
      mail('twice@x', 'the other'),
      mail('same@x', 'same'),
      mail('same@x', 'same'),
      mail(NOT_UTF8, NOT_UTF8),
      mail('empty@x', ''),
    ]),
  },
};

let it: World;
let phone: WorldDevice;
let reader: WorldDevice;
let home: string;
let folder: string;

before(async () => {
  it = await world({ users: { alice: { devices: ['phone', 'reader'] } } });
  phone = it.device('alice', 'phone');
  reader = it.device('alice', 'reader');
  home = it.place('home');
  folder = join(home, 'files');
  await mkdir(folder, { recursive: true });
  for (const [i, name] of ODD_NAMES.entries())
    await writeFile(bytes(`${folder}/`, [...name]), i % 2 ? '' : bytes(NOT_UTF8, `${i}`));
  await phone.call('sourceAdd', { database: 'Files', kind: 'folder', path: folder });
  for (const [database, { kind, file, bytes: content }] of Object.entries(FILES)) {
    await writeFile(join(home, file), content);
    await phone.call('sourceAdd', { database, kind, path: join(home, file) });
  }
});
after(() => it?.[Symbol.asyncDispose]());

/** Through either destination, on another device: into a folder, and into sources of its own. */
for (const kind of ['area', 'file'] as const)
  test(`${kind}: byte for byte, and a second restore changes nothing`, async () => {
    const file = join(it.directory, 'odd.ipd');
    const done = await phone.cli(['backup', '--json', ...(kind === 'file' ? ['--to', file] : [])]);
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(resultOf('backup', done).leftOut, []);
    const from = kind === 'file' ? ['--from', file] : ['--device', phone.id];
    const into = it.place('into');
    for (const round of [1, 2]) {
      const restored = await reader.cli(['restore', ...from, '--into', into, '--json']);
      assert.equal(restored.code, 0, restored.stderr);
      await assertSameTree(folder, join(into, 'Files'));
      for (const [database, { bytes: content }] of Object.entries(FILES)) {
        const names = await readdir(join(into, database));
        assert.equal(names.length, 1, `${database}: ${names}`);
        const back = await readFile(join(into, database, names[0]!));
        assert.ok(back.equals(content), `${database}, round ${round}:\n${back}`);
      }
      if (round === 1) continue;
      for (const { database, added, replaced, keptBoth } of resultOf('restore', restored).databases)
        assert.deepEqual([database, added, replaced, keptBoth], [database, 0, 0, 0]);
    }
  });

test('items of one uid: each can be seen, lost and brought back by itself', async () => {
  const listed = (await reader.cli(['ls', '--device', phone.id, '--json'])).stdout.trim().split('\n');
  const uids = listed
    .map((line) => JSON.parse(line) as { kind: string; database: string; uid: string })
    .filter(({ kind, database }) => kind === 'entry' && database in FILES)
    .map(({ database, uid }) => `${database} ${uid}`);
  assert.equal(new Set(uids).size, uids.length);

  const there = it.place('there');
  await cp(home, there, { recursive: true });
  const cards = join(home, 'cards.vcf');
  const without = Buffer.concat([card('twice', 'one'), card('same', 'all the same')]);
  await writeFile(cards, without);
  await rm(join(home, 'sms.xml'));
  const restored = await phone.cli(['restore', '--database', 'Address Book', '--database', 'SMS Messages']);
  assert.equal(restored.code, 0, restored.stderr);
  const back = await readFile(cards, 'latin1');
  for (const part of FILES['Address Book']!.bytes.toString('latin1').split('END:VCARD\r\n').slice(0, -1))
    assert.equal(back.split(part).length, FILES['Address Book']!.bytes.toString('latin1').split(part).length);
  assert.deepEqual(await readFile(join(home, 'sms.xml')), FILES['SMS Messages']!.bytes);
});

test('sources that are empty files, and folders with nothing in them', async () => {
  const device = await it.enrol('alice', 'empty');
  const place = it.place('empty');
  await mkdir(join(place, 'files'), { recursive: true });
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: join(place, 'files') });
  for (const [database, { kind, file }] of Object.entries(FILES)) {
    await writeFile(join(place, file), '');
    await device.call('sourceAdd', { database, kind, path: join(place, file) });
  }
  const { code, stderr } = await device.cli(['backup']);
  assert.equal(code, 0, stderr);
  const into = it.place('into');
  const restored = await reader.cli(['restore', '--device', device.id, '--into', into]);
  assert.equal(restored.code, 0, restored.stderr);
});
