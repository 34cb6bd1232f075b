/** Names that must not be written, and names that a file system cannot hold apart. */
import assert from 'node:assert/strict';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { everything, type Item, inDirectory, textItem } from '../../../test/contracts/source.ts';
import { SourceError, type Written } from '../../database/index.ts';
import { utf8 } from '../../lib/bytes.ts';
import { fromText } from '../files/index.ts';
import { folderSource } from './index.ts';
import { safePath } from './safe-path.ts';
import { otherName, Twins } from './twins.ts';

/** Restores items; what each of them came to. */
async function restore(root: string, items: readonly Item[]): Promise<(Written | string)[]> {
  const source = folderSource({ path: root });
  const writer = await source.writer({ keepBoth: false, dryRun: false });
  const done: (Written | string)[] = [];
  for (const { head, bytes } of items)
    try {
      done.push(await writer.put(head, bytes.length, { kind: 'bytes', bytes }));
    } catch (error) {
      assert.ok(error instanceof SourceError, String(error));
      done.push(error.code);
    }
  await writer.commit();
  await source.close();
  return done;
}

const named = (uid: string | Uint8Array) =>
  ({ ...textItem('', 'x').head, uid: typeof uid === 'string' ? utf8(uid) : uid }) as const;

test('on Windows, names that it takes for others are unsafe; elsewhere they are names like any', () => {
  const bad = ['CON', 'con', 'Con.txt', 'nul .txt', 'a/PRN', 'AUX/b', 'com1', 'LPT9.log', 'COM¹', 'conin$'];
  const worse = [
    '..\\x',
    'a\\b',
    'C:',
    'c:x',
    'file:stream',
    'dot.',
    'blank ',
    'a./b',
    '...',
    'what?',
    'tab\t',
  ];
  for (const uid of [...bad, ...worse, Uint8Array.of(0x61, 0xff)]) {
    assert.throws(() => safePath(named(uid), 'win32'), { code: 'ERR_SOURCE_UNSAFE_NAME' }, `${uid}`);
    for (const platform of ['linux', 'darwin'] as const) assert.ok(safePath(named(uid), platform), `${uid}`);
  }
  for (const uid of ['console', 'com', 'com10', 'lpt', 'nul-and-void', '.hidden', 'a.b.c', 'ünïcode'])
    assert.equal(safePath(named(uid), 'win32'), fromText(uid));
});

test('a name that the file system cannot hold is left out, and stops nothing', () =>
  inDirectory(async (root) => {
    const long = 'ü'.repeat(200);
    const items = [textItem(`${long}/in it`, 'x'), textItem(long, 'x'), textItem('short', 'x')];
    assert.deepEqual(await restore(join(root, 'tree'), items), [
      'ERR_SOURCE_UNSAFE_NAME',
      'ERR_SOURCE_UNSAFE_NAME',
      'added',
    ]);
    assert.deepEqual(readdirSync(join(root, 'tree')), ['short']);
  }));

test('items that contradict each other: the first is written, the others are left out', () =>
  inDirectory(async (root) => {
    const tree = join(root, 'tree');
    const items = [
      textItem('a', 'file'),
      textItem('a/', '', { attributes: { directory: true } }),
      textItem('a/b', 'below a file'),
      textItem('c/d', 'below'),
      textItem('c', 'in the way'),
      textItem('c', '', { attributes: { link: utf8('/etc') } }),
      textItem('e', 'last'),
    ];
    const unsafe = 'ERR_SOURCE_UNSAFE_NAME';
    assert.deepEqual(await restore(tree, items), ['added', unsafe, unsafe, 'added', unsafe, unsafe, 'added']);
    assert.equal(readFileSync(join(tree, 'a'), 'utf8'), 'file');
    assert.equal(readFileSync(join(tree, 'c/d'), 'utf8'), 'below');
  }));

test('twins: both where the file system tells them apart, else the first, and never one over the other', () =>
  inDirectory(async (root) => {
    const tree = join(root, 'tree');
    const pairs = [
      ['README', 'readme'],
      ['caf\u00e9', 'cafe\u0301'],
      ['Folder/x', 'folder/x'],
    ] as const;
    const apart = pairs.map(([one, other]) => tellsApart(root, one.split('/')[0]!, other.split('/')[0]!));
    const items = pairs.flatMap(([one, other]) => [textItem(one, `1 ${one}`), textItem(other, `2 ${other}`)]);
    const second = apart.map((is) => (is ? 'added' : 'ERR_SOURCE_UNSAFE_NAME'));
    const done = await restore(tree, items);
    assert.deepEqual(
      done,
      second.flatMap((is) => ['added', is]),
    );
    // Once more nothing changes.
    assert.deepEqual(
      await restore(tree, items),
      second.flatMap((is) => ['kept', is === 'added' ? 'kept' : is]),
    );
    const there = new Map(
      (await everything(folderSource({ path: tree }))).map((item) => [String(item.head.uid), item]),
    );
    for (const [i, { head, bytes }] of items.entries())
      assert.deepEqual(there.get(String(head.uid))?.bytes, done[i] === 'added' ? bytes : undefined);
  }));

function tellsApart(root: string, one: string, other: string): boolean {
  writeFileSync(join(root, one), '');
  const apart = lstatSync(join(root, other), { throwIfNoEntry: false }) === undefined;
  unlinkSync(join(root, one));
  return apart;
}

test('an entry that is found by a name which its directory does not list goes by another one', () =>
  inDirectory(async (root) => {
    // As on a file system that takes twins for one: both names lead to the same file.
    writeFileSync(join(root, 'readme'), '');
    linkSync(join(root, 'readme'), join(root, 'README'));
    const stat = lstatSync(join(root, 'readme'));
    const at = (name: string): string => fromText(join(root, name));
    for (const fixed of [true, false]) {
      const twins = new Twins();
      assert.equal(twins.has(at('README'), stat, fixed), false);
      assert.equal(twins.has(at('readme'), stat, fixed), false);
      assert.equal(twins.has(at('Readme'), stat, fixed), true);
    }
    unlinkSync(join(root, 'README'));
    mkdirSync(join(root, 'apart'));
    assert.equal(
      new Twins().has(at('Readme'), stat, false),
      false,
      'its twin is not there: they are told apart',
    );
    assert.deepEqual(
      ['README', 'caf\u00e9', 'cafe\u0301', '12', 'plain'].map((name) => [
        otherName(name, 'case'),
        otherName(name, 'form'),
      ]),
      [
        ['readme', undefined],
        ['CAF\u00e9', 'cafe\u0301'],
        ['CAFE\u0301', 'caf\u00e9'],
        [undefined, undefined],
        ['PLAIN', undefined],
      ],
    );
  }));
