import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
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
import { maildirSource } from './index.ts';

const mail = (subject: string, text = 'Hello\n'): string =>
  `Subject: ${subject}\nFrom: a@example.com\n\n${text}`;

async function deliver(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const folder = join(root, path, '../..');
    for (const box of ['cur', 'new', 'tmp']) await mkdir(join(folder, box), { recursive: true });
    await writeFile(join(root, path), text);
    await utimes(join(root, path), 1_700_000_000, 1_700_000_000.123);
  }
}

const messages = {
  'cur/1.a.host:2,S': mail('One'),
  'cur/2.b.host,S=5;2,': mail('Two'),
  'new/3.c.host': mail('Three'),
  '.Sent/cur/4.d.host:2,RS': mail('Four'),
  '.Sent/new/5': '',
  '.Lists.Work/cur/6:2,F': mail('Six'),
  'nested/deeper/new/7': mail('Seven'),
};

const sample = (number: number, version: number): Item =>
  textItem(`.Sent/sample${number}`, mail(`Version ${version}`), {
    title: `Version ${version}`,
    type: 'message/rfc822',
    time: 1_600_000_000_000,
    attributes: { name: utf8(`cur/sample${number}:2,S`) },
  });

const at = (directory: string) => maildirSource({ path: join(directory, 'Maildir') });

sourceContract({
  kind: 'maildir',
  open: at,
  fill: (directory) => deliver(join(directory, 'Maildir'), messages),
  sample: (number, version) => {
    const { head, bytes } = sample(number, version);
    // Without a folder: that would be an item more.
    return { head: { ...head, uid: head.uid.subarray(6) }, bytes };
  },
  staged: true,
});

const isError = (code: string) => (error: unknown) => error instanceof SourceError && error.code === code;

test('folders and messages, with their flags as an attribute', () =>
  inDirectory(async (root) => {
    await deliver(root, messages);
    await mkdir(join(root, 'cur/directory'));
    await writeFile(join(root, 'dovecot-uidlist'), 'x');
    await writeFile(join(root, 'tmp/8'), mail('Not delivered yet'));
    const items = await everything(maildirSource({ path: root }));
    assert.deepEqual(
      items.map(({ head }) => [
        fromUtf8(head.uid),
        head.title,
        head.attributes.name && fromUtf8(head.attributes.name),
      ]),
      [
        ['.Lists.Work/', '.Lists.Work', undefined],
        ['.Lists.Work/6', 'Six', 'cur/6:2,F'],
        ['.Sent/', '.Sent', undefined],
        ['.Sent/4.d.host', 'Four', 'cur/4.d.host:2,RS'],
        ['.Sent/5', '', 'new/5'],
        ['1.a.host', 'One', 'cur/1.a.host:2,S'],
        ['2.b.host,S=5', 'Two', 'cur/2.b.host,S=5;2,'],
        ['3.c.host', 'Three', 'new/3.c.host'],
        ['nested/deeper/', 'nested/deeper', undefined],
        ['nested/deeper/7', 'Seven', 'new/7'],
      ],
    );
    assert.equal(items[1]!.head.time, 1_700_000_000_123);
  }));

test('a message that was read is the same item, restored as it was backed up', () =>
  inDirectory(async (root) => {
    await deliver(root, messages);
    const source = maildirSource({ path: root });
    const before = await everything(source);
    const stamps = (await list(source)).map(({ stamp }) => stamp.toHex());
    await rename(join(root, 'new/3.c.host'), join(root, 'cur/3.c.host:2,S'));
    const after = await everything(source);
    assert.deepEqual(
      after.map(({ head, bytes }) => [fromUtf8(head.uid), fromUtf8(bytes)]),
      before.map(({ head, bytes }) => [fromUtf8(head.uid), fromUtf8(bytes)]),
    );
    const changed = (await list(source)).filter(({ stamp }, i) => stamp.toHex() !== stamps[i]);
    assert.deepEqual(shownUids(changed), ['3.c.host']);

    const [both] = await write(
      source,
      before.filter(({ head }) => fromUtf8(head.uid) === '3.c.host'),
      {
        keepBoth: true,
        dryRun: false,
      },
    );
    assert.equal(both, 'kept');
    const written = await write(source, before);
    assert.equal(written.filter((result) => result === 'replaced').length, 1);
    assert.deepEqual(await everything(source), before);
    assert.deepEqual(await readdir(join(root, 'new')), ['3.c.host']);
    assert.deepEqual(new Set(await write(source, before)), new Set(['kept']));
  }));

test('read and moved between listing, reading and committing', () =>
  inDirectory(async (root) => {
    await deliver(root, messages);
    const source = maildirSource({ path: root });
    const item = (await list(source)).find(({ uid }) => fromUtf8(uid) === '3.c.host')!;
    await rename(join(root, 'new/3.c.host'), join(root, 'cur/3.c.host:2,F'));
    const content = await source.read(item);
    assert.equal(content.kind === 'bytes' && fromUtf8(content.bytes), mail('Three'));

    const writer = await source.writer({ keepBoth: false, dryRun: false });
    const { head, bytes } = textItem('3.c.host', mail('Replaced'));
    await writer.put(head, bytes.length, { kind: 'bytes', bytes });
    await rename(join(root, 'cur/3.c.host:2,F'), join(root, 'cur/3.c.host:2,FS'));
    await writer.commit();
    assert.deepEqual(await readdir(join(root, 'new')), ['3.c.host']);
    assert.equal(await readFile(join(root, 'new/3.c.host'), 'utf8'), mail('Replaced'));
    assert.equal((await readdir(join(root, 'cur'))).length, 2);
  }));

test('two files of one unique name are two items', () =>
  inDirectory(async (root) => {
    await deliver(root, { 'cur/1:2,': mail('A'), 'cur/1:2,S': mail('B'), 'new/1': mail('C') });
    const all = await everything(maildirSource({ path: root }));
    assert.deepEqual(shownUids(all.map(({ head }) => head)), ['1', '1:2,S']);
    assert.deepEqual(fromUtf8(all[1]!.bytes), mail('B'));
    await inDirectory(async (elsewhere) => {
      await write(maildirSource({ path: elsewhere }), all);
      assert.deepEqual((await readdir(join(elsewhere, 'cur'))).sort(), ['1:2,', '1:2,S']);
    });
  }));

test('a new folder is one of Maildir++', () =>
  inDirectory(async (root) => {
    const target = maildirSource({ path: join(root, 'new', 'place') });
    await write(target, [sample(1, 1), textItem('.Empty/', '', { attributes: { directory: true } })]);
    assert.deepEqual((await readdir(join(root, 'new/place/.Sent'))).sort(), [
      'cur',
      'maildirfolder',
      'new',
      'tmp',
    ]);
    assert.deepEqual(shownUids(await list(target)), ['.Empty/', '.Sent/', '.Sent/sample1']);
    const file = await stat(join(root, 'new/place/.Sent/cur/sample1:2,S'));
    assert.deepEqual([file.mode & 0o777, file.mtimeMs], [0o600, 1_600_000_000_000]);
  }));

test('names that lead elsewhere are refused', () =>
  inDirectory(async (root) => {
    await deliver(root, messages);
    await mkdir(join(root, 'elsewhere/cur'), { recursive: true });
    await symlink('elsewhere', join(root, '.Link'));
    const writer = await maildirSource({ path: root }).writer({ keepBoth: false, dryRun: false });
    const name = (text: string) => ({ attributes: { name: utf8(text) } });
    const refused = [
      textItem('../x', ''),
      textItem('/x', ''),
      textItem('.Sent//x', ''),
      textItem('.Sent/../../x', ''),
      textItem('cur/x', ''),
      textItem('.hidden', ''),
      textItem('', ''),
      textItem('.Sent/', ''),
      textItem('/', '', { attributes: { directory: true } }),
      textItem('a\0b', ''),
      textItem('.Link/x', ''),
      textItem('cur/', '', { attributes: { directory: true } }),
      textItem('x', '', name('tmp/x')),
      textItem('x', '', name('cur/../x')),
      textItem('x', '', name('cur/y:2,S')),
      textItem(`${'a/'.repeat(17)}x`, ''),
      textItem('x'.repeat(256), ''),
    ];
    for (const { head, bytes } of refused)
      await assert.rejects(
        writer.put(head, 0, { kind: 'bytes', bytes }),
        isError('ERR_SOURCE_UNSAFE_NAME'),
        fromUtf8(head.uid),
      );
    await writer.abort();
    assert.deepEqual(await readdir(join(root, 'elsewhere/cur')), []);
  }));

test('what is no maildir is no empty one', () =>
  inDirectory(async (root) => {
    await assert.rejects(list(maildirSource({ path: root })), isError('ERR_SOURCE_UNAVAILABLE'));
    await mkdir(join(root, 'cur'));
    const skipped: SkippedItem[] = [];
    assert.deepEqual(await list(maildirSource({ path: root }), skipped), []);
    assert.deepEqual(skipped, []);
  }));

test('a large message is read and written in pieces', () =>
  inDirectory(async (root) => {
    await deliver(root, { 'new/1': mail('Large', 'x'.repeat(3 << 20)) });
    const source = maildirSource({ path: root });
    const [item] = await list(source);
    const content = await source.read(item!);
    assert.equal(content.kind, 'stream');
    await inDirectory(async (elsewhere) => {
      const target = maildirSource({ path: elsewhere });
      assert.deepEqual(await write(target, await everything(source), undefined, () => content), ['added']);
      assert.deepEqual(await everything(target), await everything(source));
    });
  }));
