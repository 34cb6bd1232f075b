import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import {
  everything,
  type Item,
  inDirectory,
  list,
  shownUids,
  sourceContract,
  textItem,
  write,
} from '../../../test/contracts/source.ts';
import { type SkippedItem, SourceError } from '../../database/index.ts';
import { fromUtf8, utf8 } from '../../lib/bytes.ts';
import { icalendarSource } from './index.ts';

const component = (name: string, ...lines: string[]): string =>
  [`BEGIN:${name}`, ...lines, `END:${name}`, ''].join('\r\n');
const event = (uid: string, summary: string, ...more: string[]): string =>
  component('VEVENT', `UID:${uid}`, 'DTSTAMP:20240101T000000Z', ...more, `SUMMARY:${summary}`);
const zone = (id: string, offset = '+0100'): string =>
  component(
    'VTIMEZONE',
    `TZID:${id}`,
    `BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:${offset}\r\nTZOFFSETTO:${offset}\r\nEND:STANDARD`,
  );
const calendar = (...components: string[]): string =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Mine//EN\r\n${components.join('')}END:VCALENDAR\r\n`;
const usual = (...components: string[]): string =>
  calendar(...components).replace('-//Mine//EN', '-//Holdfast//Holdfast//EN');

const overridden = event(
  'weekly',
  'Other room',
  'RECURRENCE-ID:20240108T090000Z',
  'LAST-MODIFIED:20240203T000000Z',
);
const many = calendar(
  zone('Europe/Berlin'),
  event('weekly', 'Weekly', 'RRULE:FREQ=WEEKLY'),
  event('http://example.com/a/b', 'Odd uid'),
  component('VTODO', 'UID:todo', 'SUMMARY;LANGUAGE=de:Milch\\, Eier'),
  overridden,
  component('VEVENT', 'SUMMARY:No uid'),
  component('VEVENT', 'SUMMARY:No uid'),
  'X-WR-CALNAME:After\r\n',
  component('VALARM-LIKE', 'X:1'),
);

const sample = (number: number, version: number): Item =>
  textItem(`sample-${number}`, event(`sample-${number}`, `Version ${version}`), {
    title: `Version ${version}`,
    type: 'text/calendar',
    time: Date.UTC(2024, 0, 1),
    attributes: { position: 1000 + number },
  });

sourceContract({
  kind: 'icalendar',
  open: (directory) => icalendarSource({ path: join(directory, 'calendar.ics') }),
  fill: (directory) => writeFile(join(directory, 'calendar.ics'), `\ufeff${many}`),
  sample,
  staged: true,
});

const inFile = (text: string, run: (path: string) => Promise<void>): Promise<void> =>
  inDirectory(async (directory) => {
    const path = join(directory, 'calendar.ics');
    await writeFile(path, text);
    await run(path);
  });

const isError = (code: string) => (error: unknown) => error instanceof SourceError && error.code === code;
const byUid = (items: readonly Item[]): Map<string, Item> =>
  new Map(items.map((item) => [fromUtf8(item.head.uid), item]));

test('an event and its overridden recurrences are one item; time zones are items', () =>
  inFile(many, async (path) => {
    const items = byUid(await everything(icalendarSource({ path })));
    const named = [...items.keys()].filter((uid) => !uid.startsWith('sha256:'));
    assert.deepEqual(named, [
      '/http://example.com/a/b',
      '/timezone:Europe/Berlin',
      ':layout',
      'todo',
      'weekly',
    ]);
    assert.equal([...items.keys()].filter((uid) => /^sha256:[0-9a-f]{32}(#2)?$/.test(uid)).length, 3);
    const weekly = items.get('weekly')!;
    assert.equal(fromUtf8(weekly.bytes), event('weekly', 'Weekly', 'RRULE:FREQ=WEEKLY') + overridden);
    assert.equal(weekly.head.title, 'Weekly');
    assert.equal(weekly.head.time, Date.UTC(2024, 1, 3));
    assert.equal(items.get('todo')!.head.title, 'Milch, Eier');
    assert.equal(items.get('/timezone:Europe/Berlin')!.head.title, 'Europe/Berlin');
  }));

test('a file restored into nothing is the same file, byte for byte', () =>
  inFile(`\ufeff${many}\r\n\r\njunk`, async (path) => {
    const all = await everything(icalendarSource({ path }));
    await inDirectory(async (directory) => {
      const copy = join(directory, 'new', 'copy.ics');
      await write(icalendarSource({ path: copy }), all.toReversed());
      assert.equal(await readFile(copy, 'utf8'), await readFile(path, 'utf8'));
      assert.equal((await stat(copy)).mode & 0o777, 0o600);
    });
  }));

test('without its layout it is a calendar again, in the order that it had', () =>
  inFile(many, async (path) => {
    const all = await everything(icalendarSource({ path }));
    const copy = `${path}-copy.ics`;
    await write(
      icalendarSource({ path: copy }),
      all.filter(({ head }) => head.type === 'text/calendar'),
    );
    const text = await readFile(copy, 'utf8');
    assert.ok(text.startsWith(`BEGIN:VCALENDAR\r\nVERSION:2.0\r\n`) && text.endsWith('END:VCALENDAR\r\n'));
    assert.ok(text.indexOf('VTIMEZONE') < text.indexOf('UID:weekly'));
    assert.ok(text.indexOf('UID:weekly') < text.indexOf('UID:todo'));
    assert.equal((await list(icalendarSource({ path: copy }))).length, all.length);
  }));

test('what was lost comes back to where it stood', () =>
  inFile(many, async (path) => {
    const all = await everything(icalendarSource({ path }));
    await writeFile(
      path,
      many.replace(zone('Europe/Berlin'), '').replace(event('http://example.com/a/b', 'Odd uid'), ''),
    );
    const written = await write(icalendarSource({ path }), all);
    assert.deepEqual(
      written
        .map((result, i) => [result, fromUtf8(all[i]!.head.uid)])
        .filter(([result]) => result !== 'kept'),
      [
        ['added', '/http://example.com/a/b'],
        ['added', '/timezone:Europe/Berlin'],
      ],
    );
    assert.equal(await readFile(path, 'utf8'), many);
  }));

test('an override more, an override less', () =>
  inFile(
    calendar(event('w', 'W'), event('x', 'X'), overridden.replace('weekly', 'w'), 'X-END:1\r\n'),
    async (path) => {
      const before = await readFile(path, 'utf8');
      const w = byUid(await everything(icalendarSource({ path }))).get('w');
      await writeFile(path, calendar(event('w', 'New'), event('x', 'X'), 'X-END:1\r\n'));
      assert.deepEqual(await write(icalendarSource({ path }), [w!]), ['replaced']);
      assert.deepEqual(await write(icalendarSource({ path }), [w!]), ['kept']);
      assert.equal((await list(icalendarSource({ path }))).length, 3);
      await writeFile(path, before);
      assert.deepEqual(await write(icalendarSource({ path }), [textItem('w', event('w', 'New'))]), [
        'replaced',
      ]);
      assert.equal(await readFile(path, 'utf8'), calendar(event('w', 'New'), event('x', 'X'), 'X-END:1\r\n'));
    },
  ));

test('everything around a replaced event stays; what is added stands within the calendar', async () => {
  const before = `# mine\n${calendar(event('a', 'A'), zone('Z')).replaceAll('\r\n', '\n')}\n\nrest`;
  await inFile(before, async (path) => {
    await chmod(path, 0o640);
    const a = textItem('a', event('a', 'New').trimEnd());
    const b = textItem('b', event('b', 'B'));
    assert.deepEqual(await write(icalendarSource({ path }), [b, a]), ['added', 'replaced']);
    const after = before
      .replace(event('a', 'A').replaceAll('\r\n', '\n'), `${event('a', 'New').trimEnd()}\n`)
      .replace('END:VTIMEZONE\n', `END:VTIMEZONE\n${event('b', 'B')}`);
    assert.equal((await readFile(path, 'utf8')).replaceAll('\r\n', '\n'), after.replaceAll('\r\n', '\n'));
    assert.equal((await stat(path)).mode & 0o777, 0o640);
    assert.deepEqual(await write(icalendarSource({ path }), [b, a]), ['kept', 'kept']);
  });
  await inFile(calendar(), async (path) => {
    await write(icalendarSource({ path }), [textItem('b', event('b', 'B'))]);
    assert.equal(await readFile(path, 'utf8'), calendar(event('b', 'B')));
  });
});

test('keeping both gives the event and its overrides a uid of their own; a time zone is left', () =>
  inFile(calendar(zone('Z'), event('a', 'Mine')), async (path) => {
    const keepBoth = { keepBoth: true, dryRun: false };
    const restored = textItem('a', event('a', 'Restored') + overridden.replace('weekly', 'a'));
    const other = textItem('timezone:Z', zone('Z', '+0200'));
    assert.deepEqual(await write(icalendarSource({ path }), [restored, other], keepBoth), [
      'kept-both',
      'kept',
    ]);
    const text = await readFile(path, 'utf8');
    assert.equal(text.match(/UID:urn:uuid:[0-9a-f-]{36}\r\n/g)?.length, 2);
    assert.ok(text.includes(event('a', 'Mine')));
    assert.ok(!text.includes('+0200'));
    assert.equal((await list(icalendarSource({ path }))).length, 4);
  }));

test('only components of one item are written', () =>
  inFile(calendar(event('a', 'A')), async (path) => {
    const before = await readFile(path);
    const writer = await icalendarSource({ path }).writer({ keepBoth: false, dryRun: false });
    const wrong = [
      '',
      'x',
      calendar(event('b', 'B')),
      event('b', 'B') + event('c', 'C'),
      `${event('b', 'B')}END:VCALENDAR`,
    ];
    for (const text of [...wrong, `X:1\n${event('b', 'B')}`, component('VEVENT', 'A:1').repeat(2)]) {
      const { head, bytes } = textItem('b', text);
      await assert.rejects(writer.put(head, 0, { kind: 'bytes', bytes }), isError('ERR_SOURCE_FORMAT'), text);
    }
    const layout = textItem(':layout', '\x02');
    await assert.rejects(
      writer.put(layout.head, 0, { kind: 'bytes', bytes: layout.bytes }),
      isError('ERR_SOURCE_FORMAT'),
    );
    await writer.commit();
    assert.deepEqual(await readFile(path), before);
  }));

test('a folder: uids begin with the file, and each file comes back as it was', () =>
  inDirectory(async (directory) => {
    const folder = join(directory, 'calendars');
    await mkdir(join(folder, 'below.ics'), { recursive: true });
    const files = {
      'Work.ics': many,
      'home.ICS': calendar(event('weekly', 'Mine')),
      'one.ics': usual(event('one', '1')),
      'zero.ics': '',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    await writeFile(join(folder, 'notes.txt'), many);
    await symlink('one.ics', join(folder, 'link.ics'));
    const skipped: SkippedItem[] = [];
    const source = icalendarSource({ path: folder });
    const all = await everything(source, skipped);
    assert.deepEqual(shownUids(skipped), ['below.ics/', 'link.ics/']);
    const uids = shownUids(all.map(({ head }) => head));
    assert.ok(uids.includes('Work.ics/weekly') && uids.includes('home.ICS/weekly'));
    assert.ok(
      uids.includes('one.ics/one') && !uids.includes('one.ics/:layout'),
      'the usual wrapper is no item',
    );
    const copy = join(directory, 'copy');
    await write(icalendarSource({ path: copy }), all);
    for (const [name, text] of Object.entries(files))
      assert.equal(await readFile(join(copy, name), 'utf8'), text);
    assert.deepEqual(new Set(await write(icalendarSource({ path: copy }), all)), new Set(['kept']));

    const one = icalendarSource({ path: join(directory, 'one.ics') });
    await assert.rejects(write(one, all), (error) => error instanceof SourceError && error.kind === 'usage');
    await write(icalendarSource({ path: copy }), [sample(1, 1)]);
    assert.equal(await readFile(join(copy, 'calendar.ics'), 'utf8'), usual(fromUtf8(sample(1, 1).bytes)));
  }));

test('names that are no file of the folder are refused', () =>
  inDirectory(async (directory) => {
    const writer = await icalendarSource({ path: directory }).writer({ keepBoth: false, dryRun: false });
    for (const file of ['..', '.', '.ics', '.hidden.ics', 'x.txt', 'a\0.ics', `${'x'.repeat(260)}.ics`]) {
      const { head, bytes } = textItem(`${file}/a`, event('a', 'A'));
      await assert.rejects(
        writer.put(head, 0, { kind: 'bytes', bytes }),
        isError('ERR_SOURCE_UNSAFE_NAME'),
        file,
      );
    }
    await writer.abort();
    assert.deepEqual(await readdir(directory), []);
  }));

test('what was cut short loses nothing', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a.ics');
    const text = calendar(event('a', 'A'), event('b', 'B')).slice(0, -40);
    await writeFile(path, text);
    const whole: SkippedItem[] = [];
    const ids = shownUids((await everything(icalendarSource({ path }), whole)).map(({ head }) => head));
    assert.deepEqual([shownUids(whole), ids], [[''], [':layout', 'a']]);
    const skipped: SkippedItem[] = [];
    const all = await everything(icalendarSource({ path: directory }), skipped);
    assert.deepEqual(shownUids(skipped), ['a.ics/']);
    assert.deepEqual(shownUids(all.map(({ head }) => head)), ['a.ics/:layout', 'a.ics/a']);
    const copy = join(directory, 'copy');
    await write(icalendarSource({ path: copy }), all);
    assert.equal(await readFile(join(copy, 'a.ics'), 'utf8'), text);
  }));

test('a change by the application is neither read as listed nor overwritten', () =>
  inFile(many, async (path) => {
    const source = icalendarSource({ path });
    const items = await list(source);
    const writer = await source.writer({ keepBoth: false, dryRun: false });
    const { head, bytes } = sample(1, 1);
    await writer.put(head, bytes.length, { kind: 'bytes', bytes });
    const changed = `\r\n${many}`;
    await writeFile(path, changed);
    for (const item of items.filter(({ type }) => type === 'text/calendar'))
      assert.throws(() => source.read(item), isError('ERR_SOURCE_ITEM_CHANGED'));
    await assert.rejects(writer.commit(), isError('ERR_SOURCE_ITEM_CHANGED'));
    assert.equal(await readFile(path, 'utf8'), changed);
    await source.close();
  }));

test('a large event is read and written in pieces', () =>
  inFile(
    calendar(event('big', 'Big', `ATTACH;ENCODING=BASE64;VALUE=BINARY:${'A'.repeat(3 << 20)}`)),
    async (path) => {
      const source = icalendarSource({ path });
      const all = await everything(source);
      const big = (await list(source)).find(({ size }) => size > 1 << 20)!;
      assert.equal(big.title, 'Big');
      const content = await source.read(big);
      assert.equal(content.kind, 'stream');
      await inDirectory(async (directory) => {
        const copy = join(directory, 'copy.ics');
        await write(icalendarSource({ path: copy }), all, undefined, (item) =>
          fromUtf8(item.head.uid) === 'big' ? content : { kind: 'bytes', bytes: item.bytes },
        );
        assert.deepEqual(await readFile(copy), await readFile(path));
      });
      await source.close();
    },
  ));

test('ids that look like ours are none', () =>
  inFile(
    calendar(...[':layout', 'sha256:0', 'x'.repeat(4000)].map((uid) => event(uid, 'E'))),
    async (path) => {
      const uids = shownUids(await list(icalendarSource({ path })));
      assert.equal(uids.filter((uid) => uid.startsWith('sha256:')).length, 3);
      assert.equal(utf8(uids.join('')).length < 500, true);
    },
  ));
