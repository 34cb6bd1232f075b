import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
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
import { compareBytes, fromUtf8 } from '../../lib/bytes.ts';
import { smsXmlSource } from './index.ts';

const sms = (date: number, body: string, more = 'read="1"'): string =>
  `<sms protocol="0" address="+15551230001" date="${date}" type="1" body="${body}" ${more} contact_name="Zoë" />`;
const mms = (date: number): string =>
  `<mms date="${date}" msg_box="1" address="+1555" m_id="m${date}" sub="null">\n    <parts>\n      <part seq="0" ct="image/jpeg" data="iVBORw0K" text="null" />\n      <part seq="1" ct="text/plain" text="Look &gt;" />\n    </parts>\n  </mms>`;
const call = (date: number): string =>
  `<call number="+15550009999" duration="61" date="${date}" type="2" contact_name="null" />`;
const file = (root: string, ...elements: string[]): string =>
  `<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<!-- made here, not a <smses count="99"> -->\n<${root} count="${elements.length}" backup_date="1700000000000">${elements.map((element) => `\n  ${element}`).join('')}\n</${root}>`;

const T = 1_700_000_000_000;
const many = file(
  'smses',
  sms(T, 'hi &#55357;&#56832; caf&#233;&#10;two'),
  sms(T + 1, 'a &#0; &lt;sms&gt; > /> </smses>'),
  mms(T + 2),
  sms(T + 3, 'twice'),
  sms(T + 3, 'twice', 'read="0"'),
  sms(T + 3, 'twice', 'read="0"'),
);

/** The uid is made of what identifies a message: `read` is not part of that. */
async function sampleOf(number: number, version: number): Promise<Item> {
  return inDirectory(async (directory) => {
    const path = join(directory, 'sms.xml');
    await writeFile(path, file('smses', sms(number, `Sample ${number}`, `read="${version}"`)));
    const item = (await everything(smsXmlSource({ path }))).find(
      ({ head }) => head.type === 'application/xml',
    )!;
    return { ...item, head: { ...item.head, attributes: { position: 1000 + number } } };
  });
}
const samples = new Map<string, Item>();
for (const number of [1, 2, 3])
  for (const version of [1, 2, 3]) samples.set(`${number} ${version}`, await sampleOf(number, version));
const sample = (number: number, version: number): Item => samples.get(`${number} ${version}`)!;

sourceContract({
  kind: 'sms-xml',
  open: (directory) => smsXmlSource({ path: join(directory, 'sms.xml') }),
  fill: (directory) => writeFile(join(directory, 'sms.xml'), many),
  sample,
  staged: true,
});

const inFile = (text: string | Uint8Array, run: (path: string) => Promise<void>): Promise<void> =>
  inDirectory(async (directory) => {
    const path = join(directory, 'sms.xml');
    await writeFile(path, text);
    await run(path);
  });

const isError = (code: string) => (error: unknown) => error instanceof SourceError && error.code === code;

test('messages, with titles and times for people', () =>
  inFile(many, async (path) => {
    const all = await everything(smsXmlSource({ path }));
    const inOrder = all
      .filter(({ head }) => head.attributes.position !== undefined)
      .sort((a, b) => a.head.attributes.position! - b.head.attributes.position!);
    assert.deepEqual(
      inOrder.map(({ head }) => [fromUtf8(head.uid).replace(/[0-9a-f]{32}/, '…'), head.title, head.time - T]),
      [
        ['sms:…', 'Zoë: hi 😀 café two', 0],
        ['sms:…', 'Zoë: a <sms> > /> </smses>', 1],
        ['mms:…', '+1555: Look >', 2],
        ['sms:…', 'Zoë: twice', 3],
        ['sms:…#2', 'Zoë: twice', 3],
        ['sms:…#3', 'Zoë: twice', 3],
      ],
    );
    assert.equal(fromUtf8(inOrder[2]!.bytes), mms(T + 2));
  }));

test('calls', () =>
  inFile(file('calls', call(T), call(1_600_000_000)), async (path) => {
    const items = (await list(smsXmlSource({ path }))).filter(({ type }) => type === 'application/xml');
    assert.deepEqual(
      items.map(({ title, time }) => [title, time]).sort((a, b) => Number(a[1]) - Number(b[1])),
      [
        ['+15550009999: outgoing call, 61 s', 1_600_000_000_000],
        ['+15550009999: outgoing call, 61 s', T],
      ],
    );
  }));

test('a file restored into nothing is the same file; what was lost comes back to where it stood', () =>
  inFile(many, async (path) => {
    const all = await everything(smsXmlSource({ path }));
    await inDirectory(async (directory) => {
      const copy = join(directory, 'copy.xml');
      await write(smsXmlSource({ path: copy }), all);
      assert.equal(await readFile(copy, 'utf8'), many);
      const some = `\n  ${mms(T + 2)}`;
      await writeFile(copy, many.replace(some, '').replace('<smses count="6"', '<smses count="5"'));
      await write(smsXmlSource({ path: copy }), all);
      assert.equal(await readFile(copy, 'utf8'), many);
    });
  }));

test('the count of the root is kept right', async () => {
  const added = [sample(1, 1), sample(2, 1)];
  const elements = added.map(({ bytes }) => fromUtf8(bytes));
  const cases: readonly [string, string][] = [
    [file('smses'), file('smses', ...elements)],
    [file('smses', sms(T, 'x')), file('smses', sms(T, 'x'), ...elements)],
    [`<smses count='10'/>`, `<smses count='12'>\n  ${elements.join('\n  ')}\n</smses>`],
    [`<smses>${sms(T, 'x')}</smses>`, `<smses>${sms(T, 'x')}\n  ${elements.join('\n  ')}</smses>`],
  ];
  for (const [before, after] of cases)
    await inFile(before, async (path) => {
      assert.deepEqual(await write(smsXmlSource({ path }), added), ['added', 'added']);
      assert.equal(await readFile(path, 'utf8'), after);
    });
  await inFile(file('smses', ...elements, sms(T, 'x')), async (path) => {
    const all = await everything(smsXmlSource({ path }));
    const some = all.filter(({ head }) => !head.title.includes('Sample'));
    await inDirectory(async (directory) => {
      const copy = join(directory, 'copy.xml');
      await write(smsXmlSource({ path: copy }), some);
      assert.match(await readFile(copy, 'utf8'), /<smses count="1" backup_date/);
    });
  });
});

test('messages that are alike are told apart by number, and counted', () =>
  inFile(many, async (path) => {
    const all = await everything(smsXmlSource({ path }));
    await writeFile(path, file('smses', sms(T + 3, 'twice', 'read="0"')));
    const results = await write(smsXmlSource({ path }), all);
    assert.equal(results.filter((result) => result === 'added').length, 5);
    const text = await readFile(path, 'utf8');
    assert.equal(text.split(sms(T + 3, 'twice', 'read="0"')).length - 1, 2);
    assert.equal(text.split(sms(T + 3, 'twice')).length - 1, 1);
    assert.match(text, /<smses count="6"/);
    assert.deepEqual(new Set(await write(smsXmlSource({ path }), all)), new Set(['kept']));
  }));

test('only one whole element is written', () =>
  inFile(many, async (path) => {
    const writer = await smsXmlSource({ path }).writer({ keepBoth: false, dryRun: false });
    for (const text of [
      '',
      'x',
      ' <sms/>',
      '<sms/><sms/>',
      '<sms',
      '<sms>',
      '</smses>',
      '<sms a="/>',
      '<!-- -->',
      '\ufeff<sms/>',
    ]) {
      const { head, bytes } = textItem('sms:x', text);
      await assert.rejects(writer.put(head, 0, { kind: 'bytes', bytes }), isError('ERR_SOURCE_FORMAT'), text);
    }
    await writer.commit();
    assert.equal(await readFile(path, 'utf8'), many);
  }));

test('of a file that was cut short everything that is complete is listed, and the break is named', () =>
  inFile('', async (path) => {
    const short = file('smses', sms(T, 'a'), mms(T + 1), sms(T + 2, 'c'));
    for (let length = short.indexOf('/>') + 2; length < short.length - 10; length += 61) {
      await writeFile(path, short.slice(0, length));
      const skipped: SkippedItem[] = [];
      const all = await everything(smsXmlSource({ path }), skipped);
      assert.deepEqual(shownUids(skipped), [''], `${length}`);
      assert.match(skipped[0]!.reason, /cut short/);
      const complete = short.slice(0, length).match(/<sms [^>]*\/>|<\/mms>/g)?.length ?? 0;
      assert.equal(all.filter(({ head }) => head.type === 'application/xml').length, complete);
      await inDirectory(async (directory) => {
        const copy = join(directory, 'copy.xml');
        await write(smsXmlSource({ path: copy }), all);
        assert.equal(await readFile(copy, 'utf8'), short.slice(0, length));
      });

      // What is added goes before the break, and is found there.
      const added = sample(1, 1);
      assert.deepEqual(await write(smsXmlSource({ path }), [added]), ['added']);
      const now = await everything(smsXmlSource({ path }), []);
      assert.ok(now.some(({ bytes }) => compareBytes(bytes, added.bytes) === 0));
      assert.deepEqual(await write(smsXmlSource({ path }), [added, ...all]), [
        'kept',
        ...all.map(() => 'kept'),
      ]);
    }
  }));

test('other files', async () => {
  await inFile('<html></html>', (path) =>
    assert.rejects(list(smsXmlSource({ path })), /root element is <html>/),
  );
  await inFile('just text', (path) => assert.rejects(list(smsXmlSource({ path })), /no root element/));
  await inFile(Buffer.from(`\ufeff${many}`, 'utf16le'), (path) =>
    assert.rejects(list(smsXmlSource({ path })), /UTF-16/),
  );
  await inDirectory(async (directory) => {
    await writeFile(join(directory, 'other.xml'), '<html/>');
    await writeFile(join(directory, 'calls.xml'), file('calls', call(T)));
    await writeFile(join(directory, 'broken.xml'), many.slice(0, 600));
    const skipped: SkippedItem[] = [];
    const source = smsXmlSource({ path: directory });
    const all = await everything(source, skipped);
    assert.deepEqual(shownUids(skipped), ['broken.xml/', 'other.xml/']);
    assert.equal(all.filter(({ head }) => head.type === 'application/xml').length, 3);
    await inDirectory(async (elsewhere) => {
      await write(smsXmlSource({ path: elsewhere, into: '' }), [...all, sample(1, 1)]);
      assert.equal(await readFile(join(elsewhere, 'broken.xml'), 'utf8'), many.slice(0, 600));
      assert.equal(await readFile(join(elsewhere, 'calls.xml'), 'utf8'), file('calls', call(T)));
      assert.match(await readFile(join(elsewhere, 'sms.xml'), 'utf8'), /Sample 1.*\n<\/smses>\n$/);
    });
  });
});

test('a new message at the end of many costs one small piece of the layout', () =>
  inFile('', async (path) => {
    const messages = Array.from({ length: 3000 }, (_, i) => sms(T + i, `message ${i}`));
    const source = smsXmlSource({ path });
    await writeFile(path, file('smses', ...messages));
    const before = new Map((await list(source)).map((item) => [fromUtf8(item.uid), item.stamp.toHex()]));
    await writeFile(path, file('smses', ...messages, sms(T, 'new')).replace('count="3001"', 'count="3000"'));
    const changed = (await list(source)).filter(
      (item) => before.get(fromUtf8(item.uid)) !== item.stamp.toHex(),
    );
    assert.equal(changed.length, 2);
    const layout = changed.filter(({ type }) => type !== 'application/xml');
    assert.equal(layout.length, 1);
    assert.ok([...before.keys()].filter((uid) => uid.startsWith(':layout')).length > 1);
    const all = await everything(source);
    await inDirectory(async (directory) => {
      const copy = join(directory, 'copy.xml');
      await write(smsXmlSource({ path: copy }), all);
      assert.equal(Buffer.compare(await readFile(copy), await readFile(path)), 0);
    });
  }));
