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
import { SourceError } from '../../database/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { mboxSource } from './index.ts';

const mail = (id: string | undefined, subject: string, text = 'Hello\n'): string =>
  `From anna@example.com Sun Dec 25 21:33:37 2011\nDate: Mon, 26 Dec 2011 08:00:00 +0800\n${id ? `Message-ID: <${id}>\n` : ''}Subject: ${subject}\n\n${text}\n`;

const many = [
  mail('b@x', 'Second by uid', '>From the beginning\n'),
  mail('a@x', '=?UTF-8?Q?J=C3=BCrgen?= =?iso-8859-1?b?4Q==?='),
  mail(undefined, 'No id', 'Not a new one:\n\nFrom here on\n'),
  mail('a@x', 'Same id'),
  mail(undefined, 'No id', 'Not a new one:\n\nFrom here on\n'),
].join('');

const sample = (number: number, version: number): Item =>
  textItem(`<sample${number}@x>`, mail(`sample${number}@x`, `Version ${version}`), {
    title: `Version ${version}`,
    type: 'message/rfc822',
    time: Date.UTC(2011, 11, 26),
    attributes: { position: 1000 + number },
  });

sourceContract({
  kind: 'mbox',
  open: (directory) => mboxSource({ path: join(directory, 'Inbox') }),
  fill: (directory) => writeFile(join(directory, 'Inbox'), many),
  sample,
  staged: true,
});

const inFile = (text: string, run: (path: string) => Promise<void>): Promise<void> =>
  inDirectory(async (directory) => {
    const path = join(directory, 'Inbox');
    await writeFile(path, text);
    await run(path);
  });

const isError = (code: string) => (error: unknown) => error instanceof SourceError && error.code === code;

test('messages, by their ids', () =>
  inFile(many, async (path) => {
    const all = await everything(mboxSource({ path }));
    const inOrder = all
      .filter(({ head }) => head.attributes.position !== undefined)
      .sort((a, b) => a.head.attributes.position! - b.head.attributes.position!);
    assert.deepEqual(
      inOrder.map(({ head }) => [fromUtf8(head.uid).replace(/[0-9a-f]{32}/, '…'), head.title]),
      [
        ['<b@x>', 'Second by uid'],
        ['<a@x>', 'Jürgená'],
        ['sha256:…', 'No id'],
        ['<a@x>#2', 'Same id'],
        ['sha256:…#2', 'No id'],
      ],
    );
    assert.equal(inOrder[0]!.head.time, Date.UTC(2011, 11, 26));
    assert.equal(inOrder.map(({ bytes }) => fromUtf8(bytes)).join(''), many);
  }));

test('a file restored into nothing is the same file; what was lost comes back to where it stood', () =>
  inFile(`\n${many.trimEnd()}`, async (path) => {
    const all = await everything(mboxSource({ path }));
    const before = await readFile(path, 'utf8');
    await inDirectory(async (directory) => {
      const copy = join(directory, 'copy');
      await write(mboxSource({ path: copy }), all);
      assert.equal(await readFile(copy, 'utf8'), before);
      await writeFile(copy, before.replace(mail('a@x', 'Same id'), ''));
      assert.equal(
        (await write(mboxSource({ path: copy }), all)).filter((result) => result !== 'kept').length,
        1,
      );
      assert.equal(await readFile(copy, 'utf8'), before);
    });
  }));

test('messages are added behind a blank line, whatever ends the one before', async () => {
  const added = fromUtf8(sample(1, 1).bytes);
  const [first] = many.split(/(?=^From anna)/m);
  for (const end of ['', '\n', '\n\n'])
    await inFile(first!.trimEnd() + end, async (path) => {
      await write(mboxSource({ path }), [sample(1, 1)]);
      assert.equal(await readFile(path, 'utf8'), `${first!.trimEnd()}\n\n${added}`);
    });
  await inFile(first!.trimEnd().replaceAll('\n', '\r\n'), async (path) => {
    await write(mboxSource({ path }), [sample(1, 1)]);
    assert.equal(
      await readFile(path, 'utf8'),
      `${first!.trimEnd().replaceAll('\n', '\r\n')}\r\n\r\n${added}`,
    );
  });
  await inFile('', async (path) => {
    await write(mboxSource({ path }), [sample(1, 1)]);
    assert.equal(await readFile(path, 'utf8'), added);
  });
});

test('only one message is written', () =>
  inFile(many, async (path) => {
    const writer = await mboxSource({ path }).writer({ keepBoth: false, dryRun: false });
    for (const text of ['', 'x', `x\n${mail('b', 'B')}`, mail('b', 'B').repeat(2), '>From a']) {
      const { head, bytes } = textItem('<b>', text);
      await assert.rejects(writer.put(head, 0, { kind: 'bytes', bytes }), isError('ERR_SOURCE_FORMAT'), text);
    }
    await writer.commit();
    assert.equal(await readFile(path, 'utf8'), many);
  }));

test('what is no mbox is no empty one', async () => {
  await inFile('Dear all,\n\nFrom the beginning\n', (path) =>
    assert.rejects(list(mboxSource({ path })), isError('ERR_SOURCE_FORMAT')),
  );
  await inFile('', async (path) =>
    assert.deepEqual(shownUids(await list(mboxSource({ path }))), [':layout']),
  );
});

test('a folder of mailboxes', () =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, 'Inbox'), many);
    await writeFile(join(directory, 'Inbox.msf'), '// <!-- index -->');
    await writeFile(join(directory, 'Old.mbox'), '');
    await writeFile(join(directory, '.hidden'), many);
    const all = await everything(mboxSource({ path: directory }));
    assert.ok(all.every(({ head }) => /^(Inbox|Old.mbox)\//.test(fromUtf8(head.uid))));
    await inDirectory(async (elsewhere) => {
      const target = mboxSource({ path: elsewhere });
      await write(target, all);
      assert.equal(await readFile(join(elsewhere, 'Inbox'), 'utf8'), many);
      assert.equal(await readFile(join(elsewhere, 'Old.mbox'), 'utf8'), '');
      assert.deepEqual(new Set(await write(target, all)), new Set(['kept']));
    });
  }));
