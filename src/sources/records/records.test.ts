/** What holds for every kind of record files, whatever is in them. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { everything, type Item, inDirectory, list, write } from '../../../test/contracts/source.ts';
import { type SkippedItem, type Source, SourceError } from '../../database/index.ts';
import { utf8 } from '../../lib/bytes.ts';
import { icalendarSource } from '../icalendar/index.ts';
import { mboxSource } from '../mbox/index.ts';
import { smsXmlSource } from '../sms-xml/index.ts';

async function read(source: Source, skipped: SkippedItem[] = []): Promise<Item[]> {
  const all = await everything(source, skipped);
  await source.close();
  return all;
}

/** Each writes files, with barriers. */
const RUNS = 20;

interface Kind {
  readonly name: string;
  readonly file: string;
  readonly open: (path: string) => Source;
  readonly before: string;
  readonly after: string;
  readonly words: readonly string[];
}

const kinds: readonly Kind[] = [
  {
    name: 'icalendar',
    file: 'a.ics',
    open: (path) => icalendarSource({ path }),
    before: 'BEGIN:VCALENDAR\n',
    after: '',
    words: [
      ...[
        'BEGIN:VEVENT\n',
        'END:VEVENT\n',
        'UID:a\n',
        'UID:b\r\n',
        'BEGIN:X\n',
        'END:X\n',
        'RECURRENCE-ID:1\n',
      ],
      ...[
        'END:VCALENDAR\n',
        'BEGIN:VTIMEZONE\nTZID:Z\n',
        'END:VTIMEZONE',
        '\n',
        'SUMMARY:x\r',
        'BEGIN:VALARM\n',
      ],
    ],
  },
  {
    name: 'mbox',
    file: 'a.mbox',
    open: (path) => mboxSource({ path }),
    before: 'From a\n',
    after: '',
    words: [
      'From a@b Sun Dec 25 21:33:37 2011\n',
      'From b 12:00\n',
      '\n',
      '\r\n',
      'Message-ID: <a@b>\n',
      'x',
      'From c\n',
    ],
  },
  {
    name: 'sms-xml',
    file: 'a.xml',
    open: (path) => smsXmlSource({ path }),
    before: '<smses count="3">',
    after: '</smses>',
    words: [
      ...[
        '<sms type="1" body="a"/>',
        '<sms type="1" body="a" read="1"/>',
        '<sms date="2"/>',
        '\n  ',
        '<mms><a/>',
        '</mms>',
      ],
      ...['<!-- <sms/> -->', '<b>', '</b>', 'text', '<call number=">"/>', "<x a='\"'/>"],
    ],
  },
];

for (const { name, file, open, before, after, words } of kinds) {
  test(`${name}: any file that can be listed comes back byte for byte, and a second time nothing changes`, async () => {
    const soup = fc
      .array(fc.constantFrom(...words), { maxLength: 25 })
      .map((words) => before + words.join('') + after);
    await fc.assert(
      fc.asyncProperty(soup, async (text) => {
        await inDirectory(async (directory) => {
          mkdirSync(join(directory, 'from'));
          writeFileSync(join(directory, 'from', file), text, 'latin1');
          // A folder lists what it can of a damaged file.
          const all = await read(open(join(directory, 'from')));
          if (all.length === 0) return;
          const to = join(directory, 'to');
          await write(open(to), all);
          assert.equal(readFileSync(join(to, file), 'latin1'), text);
          const again = await write(open(to), all.toReversed());
          assert.deepEqual(new Set(again), new Set(['kept']));
          assert.deepEqual(await read(open(to)), all);
        });
      }),
      { numRuns: RUNS },
    );
  });

  test(`${name}: what is missing in a file is added, nothing else changes, and a second time nothing does`, async () => {
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(soup, soup, async (some, others) => {
        await inDirectory(async (directory) => {
          const [from, to] = [join(directory, 'from'), join(directory, 'to')];
          for (const [folder, words] of [
            [from, some],
            [to, others],
          ] as const) {
            mkdirSync(folder);
            writeFileSync(join(folder, file), before + words.join('') + after, 'latin1');
          }
          const all = await read(open(from));
          const there = await read(open(to));
          try {
            await write(open(to), all);
          } catch (error) {
            // A message is not added to a file that was cut short.
            assert.ok(error instanceof SourceError && error.code === 'ERR_SOURCE_FORMAT');
            return;
          }
          const merged = await read(open(to));
          const items = (list: typeof all) => list.filter(({ head }) => !head.type.endsWith('layout'));
          const uids = new Set(items(merged).map(({ head }) => Buffer.from(head.uid).toString()));
          for (const { head } of [...items(all), ...items(there)])
            assert.ok(uids.has(Buffer.from(head.uid).toString()));
          assert.deepEqual(
            new Set(await write(open(to), all)),
            all.length > 0 ? new Set(['kept']) : new Set(),
          );
          assert.deepEqual(await read(open(to)), merged);
        });
      }),
      { numRuns: RUNS },
    );
  });
}

test('an empty file is made once, and is not written again', () =>
  inDirectory(async (directory) => {
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    mkdirSync(from);
    writeFileSync(join(from, 'a.mbox'), '');
    const all = await read(mboxSource({ path: from }));
    assert.deepEqual(await write(mboxSource({ path: to }), all), ['added']);
    const before = await stat(join(to, 'a.mbox'), { bigint: true });
    assert.deepEqual(await write(mboxSource({ path: to }), all), ['kept']);
    const after = await stat(join(to, 'a.mbox'), { bigint: true });
    assert.deepEqual([after.ino, after.mtimeNs], [before.ino, before.mtimeNs]);
  }));

test('a mailbox far larger than memory for it is listed, read and restored in flat memory', async () => {
  await inDirectory(async (directory) => {
    const path = join(directory, 'large.mbox');
    const attachment = utf8(
      'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg\n'.repeat(60_000),
    );
    const file = await open(path, 'w');
    for (let i = 0; i < 25; i++) {
      await file.write(`From a@b Sun Dec 25 21:33:37 2011\nMessage-ID: <${i}@x>\nSubject: Large ${i}\n\n`);
      await file.write(attachment);
      await file.write('\n');
    }
    await file.close();
    const size = (await stat(path)).size;
    assert.ok(size > 100_000_000);
    const source = mboxSource({ path });
    const target = mboxSource({ path: join(directory, 'copy.mbox') });
    const items = await list(source);
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    const writer = await target.writer({ keepBoth: false, dryRun: false });
    for (const item of items) {
      const content = await source.read(item);
      await writer.put(item, item.size, content);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    await writer.commit();
    assert.equal((await stat(join(directory, 'copy.mbox'))).size, size);
    assert.ok(most < 80_000_000, `${most} bytes`);
    await source.close();
  });
});

test('20,000 messages of one id, each other than the next, are there once after each restore', async () => {
  await inDirectory(async (directory) => {
    const [from, to] = [join(directory, 'a.mbox'), join(directory, 'b.mbox')];
    const message = (n: number): string =>
      `From a@b Sun Dec 25 21:33:37 2011\nMessage-ID: <same@x>\n\n${n % 20_000}\n\n`;
    writeFileSync(from, Array.from({ length: 20_000 }, (_, n) => message(n)).join(''));
    // The same ones from another start: none stands where it stood.
    writeFileSync(to, Array.from({ length: 20_000 }, (_, n) => message(n + 7)).join(''));
    const source = mboxSource({ path: from });
    const target = mboxSource({ path: to });
    const items = (await list(source)).filter((item) => !item.title.startsWith('layout'));
    const before = readFileSync(to);
    const writer = await target.writer({ keepBoth: true, dryRun: false });
    for (const item of items)
      assert.equal(await writer.put(item, item.size, await source.read(item)), 'kept');
    await writer.commit();
    assert.ok(readFileSync(to).equals(before));
    await source.close();
  });
});

const corpus = process.env.HOLDFAST_CORPUS ?? '';
const missing = existsSync(join(corpus, 'calendars')) ? false : 'HOLDFAST_CORPUS names no corpus';

test('every calendar, mailbox and export of the corpus comes back byte for byte', { skip: missing }, () =>
  inDirectory(async (directory) => {
    for (const [folder, open] of [
      ['calendars', (path: string) => icalendarSource({ path })],
      ['mbox', (path: string) => mboxSource({ path })],
      ['sms', (path: string) => smsXmlSource({ path })],
    ] as const) {
      const from = join(corpus, folder);
      const skipped: SkippedItem[] = [];
      const all = await read(open(from), skipped);
      const target = open(join(directory, folder));
      assert.deepEqual(new Set(await write(target, all)), new Set(['added']));
      for (const name of readdirSync(from)) {
        const copy = join(directory, folder, name);
        const why = skipped.find(({ uid }) => Buffer.from(uid).toString() === `${name}/`)?.reason;
        if (!existsSync(copy)) assert.ok(why !== undefined || !/\.(ics|mbox|xml)$/.test(name), name);
        else assert.equal(Buffer.compare(readFileSync(copy), readFileSync(join(from, name))), 0, name);
      }
      assert.deepEqual(new Set(await write(target, all)), new Set(['kept']), folder);
      assert.ok(skipped.length > 0 && skipped.length < 20, 'what is broken is said');
      rmSync(join(directory, folder), { recursive: true });
    }
  }),
);

test('a calendar whose events are all of one uid is listed in time', async () => {
  await inDirectory(async (directory) => {
    const path = join(directory, 'a.ics');
    const events = 'BEGIN:VEVENT\r\nUID:a\r\nSUMMARY:x\r\nEND:VEVENT\r\n'.repeat(30_000);
    writeFileSync(path, `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${events}END:VCALENDAR\r\n`);
    const begin = performance.now();
    const source = icalendarSource({ path });
    assert.equal((await list(source)).filter(({ type }) => type === 'text/calendar').length, 1);
    await source.close();
    // Looking for each part among all of them takes twice as long and more.
    assert.ok(performance.now() - begin < 5000);
  });
});
