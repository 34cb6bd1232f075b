/**
 * What every source must do, whatever it reads: the contract of `src/database/source.ts` as tests. A source's own
 * test calls {@link sourceContract} with its subject, and adds what is special about it.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import {
  type Content,
  type ItemHead,
  type ListedItem,
  MAX_UID,
  type SkippedItem,
  type Source,
  SourceError,
  type WriterOptions,
  type Written,
} from '../../src/database/index.ts';
import { compareBytes, concat, fromUtf8, release, showBytes, utf8 } from '../../src/lib/bytes.ts';

export interface SourceSubject {
  readonly kind: string;
  /** A source at a place in this directory, where nothing is yet. */
  open(directory: string): Source;
  /** Fills that place with items of many shapes, at least three, as a native application would. */
  fill(directory: string): Promise<void>;
  /** An item as such a source lists it; versions differ in their bytes only. None of them is among the filled. */
  sample(number: number, version: number): Item;
  /** Whether nothing is visible before `commit`. Else what an aborted restore completed stays. */
  readonly staged: boolean;
}

export interface Item {
  readonly head: ItemHead;
  readonly bytes: Uint8Array;
}

const plain: WriterOptions = { keepBoth: false, dryRun: false };

export function sourceContract(subject: SourceSubject): void {
  const { kind } = subject;
  const contract = (name: string, run: (directory: string) => Promise<void>): void => {
    test(`${kind}: ${name}`, async () => {
      await inDirectory(run);
    });
  };
  const filled = async (directory: string): Promise<Source> => {
    await subject.fill(directory);
    return subject.open(directory);
  };

  contract(
    'lists each item once, in byte order of uid, with facts within their limits',
    async (directory) => {
      const source = await filled(directory);
      assert.equal(source.kind, kind);
      const items = await list(source);
      assert.ok(items.length >= 3);
      items.reduce((last, item) => {
        assert.ok(
          compareBytes(last.uid, item.uid) < 0,
          `${showBytes(last.uid)} before ${showBytes(item.uid)}`,
        );
        return item;
      });
      for (const item of items) {
        assert.ok(item.uid.length > 0 && item.uid.length <= MAX_UID);
        assert.ok(item.stamp.length > 0 && item.stamp.length <= 64);
        assert.ok(Number.isSafeInteger(item.time) && Number.isSafeInteger(item.size));
        assert.equal((await bytesOf(await source.read(item))).length, item.size);
      }
      await source.close();
    },
  );

  contract('an unchanged item keeps uid and stamp, and its bytes', async (directory) => {
    const source = await filled(directory);
    const before = await everything(source);
    // Long enough for the file system's clock to tick.
    await new Promise((resolve) => setTimeout(resolve, 120));
    const settled = await list(source);
    assert.deepEqual(settled.map(identity), (await list(subject.open(directory))).map(identity));
    assert.deepEqual(await everything(subject.open(directory)), before);
    await source.close();
  });

  contract('a changed item gets another stamp, the others keep theirs', async (directory) => {
    const source = await filled(directory);
    await write(source, [subject.sample(1, 1), subject.sample(2, 1)]);
    await new Promise((resolve) => setTimeout(resolve, 120));
    const before = new Map((await list(source)).map((item) => [showBytes(item.uid), showBytes(item.stamp)]));
    await write(source, [subject.sample(1, 2)]);
    const changed = (await list(source)).filter(
      (item) => before.get(showBytes(item.uid)) !== showBytes(item.stamp),
    );
    const contents = changed.filter((item) => !item.attributes.directory).map((item) => showBytes(item.uid));
    assert.deepEqual(contents, [showBytes(subject.sample(1, 1).head.uid)]);
    await source.close();
  });

  contract('what is restored into an empty place is what was backed up', async (directory) => {
    const source = await filled(directory);
    const all = await everything(source);
    await inDirectory(async (elsewhere) => {
      const target = subject.open(elsewhere);
      assert.deepEqual(
        await write(target, all),
        all.map(() => 'added'),
      );
      assert.deepEqual(await everything(target), all);
      assert.deepEqual(
        await write(target, all),
        all.map(() => 'kept'),
      );
      assert.deepEqual(await everything(target), all);
      await target.close();
    });
    await source.close();
  });

  contract('content may come in pieces', async (directory) => {
    const target = subject.open(directory);
    const item = subject.sample(1, 1);
    const half = item.bytes.length >> 1;
    const pieces = [item.bytes.subarray(0, half), new Uint8Array(0), item.bytes.subarray(half)];
    assert.deepEqual(await write(target, [item], plain, () => streamOf(pieces)), ['added']);
    assert.deepEqual(await write(target, [item], plain, () => streamOf(pieces)), ['kept']);
    assert.deepEqual(await bytesUnder(target, item), item.bytes);
    await target.close();
  });

  contract('a writer adds, replaces and keeps, and deletes nothing', async (directory) => {
    const source = await filled(directory);
    const before = await everything(source);
    const [one, two] = [subject.sample(1, 1), subject.sample(2, 1)];
    assert.deepEqual(await write(source, [one, two]), ['added', 'added']);
    assert.deepEqual(await write(source, [one, subject.sample(2, 2)]), ['kept', 'replaced']);
    const after = await everything(source);
    for (const item of before.filter((item) => !isAboutOthers(item.head))) {
      assert.deepEqual(
        after.find((found) => sameUid(found, item))?.bytes,
        item.bytes,
        showBytes(item.head.uid),
      );
    }
    assert.equal(after.length, before.length + 2);
    assert.deepEqual(await bytesUnder(source, two), subject.sample(2, 2).bytes);
    await source.close();
  });

  contract('one item put twice in one run is there once, as it was put last', async (directory) => {
    const target = subject.open(directory);
    const [first, second] = [subject.sample(1, 1), subject.sample(1, 2)];
    assert.deepEqual(await write(target, [first, first, second]), ['added', 'kept', 'replaced']);
    assert.equal((await everything(target)).length, 1);
    assert.deepEqual(await bytesUnder(target, first), second.bytes);
    await target.close();
  });

  contract('keeping both leaves what is there, and does not double', async (directory) => {
    const source = await filled(directory);
    const keepBoth = { ...plain, keepBoth: true };
    await write(source, [subject.sample(1, 1)]);
    const count = (await everything(source)).length;
    assert.deepEqual(await write(source, [subject.sample(1, 1)], keepBoth), ['kept']);
    assert.deepEqual(await write(source, [subject.sample(1, 2)], keepBoth), ['kept-both']);
    assert.deepEqual(await write(source, [subject.sample(1, 2)], keepBoth), ['kept']);
    assert.deepEqual(await write(source, [subject.sample(1, 3)], keepBoth), ['kept-both']);
    assert.deepEqual(await write(source, [subject.sample(1, 2), subject.sample(1, 3)], keepBoth), [
      'kept',
      'kept',
    ]);
    assert.equal((await everything(source)).length, count + 2);
    assert.deepEqual(await bytesUnder(source, subject.sample(1, 1)), subject.sample(1, 1).bytes);
    await source.close();
  });

  contract('an aborted writer leaves what was there, and no temporary file', async (directory) => {
    const source = await filled(directory);
    await write(source, [subject.sample(1, 1)]);
    const before = await treeOf(directory);
    const writer = await source.writer(plain);
    await put(writer, subject.sample(2, 1));
    if (subject.staged) await put(writer, subject.sample(1, 2));
    await writer.abort();
    const after = await treeOf(directory);
    for (const [path, bytes] of before) assert.deepEqual(after.get(path), bytes, path);
    if (subject.staged) assert.deepEqual(after, before);
    else assert.deepEqual(await bytesUnder(source, subject.sample(2, 1)), subject.sample(2, 1).bytes);
    assert.deepEqual(
      [...after.keys()].filter((path) => path.includes('holdfast')),
      [],
    );
    await source.close();
  });

  contract('an item whose content fails is not written, the others are', async (directory) => {
    const source = await filled(directory);
    await write(source, [subject.sample(1, 1)]);
    const before = await treeOf(directory);
    const writer = await source.writer(plain);
    for (const item of [subject.sample(1, 2), subject.sample(2, 1)]) {
      const content = failing(item.bytes);
      await assert.rejects(async () => writer.put(item.head, item.bytes.length, content), /broken off/);
    }
    assert.equal(await put(writer, subject.sample(3, 1)), 'added');
    await writer.commit();
    const after = await everything(source);
    assert.ok(!after.some((item) => sameUid(item, subject.sample(2, 1))));
    assert.deepEqual(await bytesUnder(source, subject.sample(1, 1)), subject.sample(1, 1).bytes);
    assert.deepEqual(await bytesUnder(source, subject.sample(3, 1)), subject.sample(3, 1).bytes);
    assert.ok((await treeOf(directory)).size <= before.size + 1);
    await source.close();
  });

  contract('a dry run says what would be done, and does nothing', async (directory) => {
    const source = await filled(directory);
    await write(source, [subject.sample(1, 1), subject.sample(2, 1)]);
    const before = await treeOf(directory);
    const items = [subject.sample(1, 1), subject.sample(2, 2), subject.sample(3, 1)];
    const dry = { ...plain, dryRun: true };
    assert.deepEqual(await write(source, items, dry), ['kept', 'replaced', 'added']);
    const both = await write(source, items, { ...dry, keepBoth: true });
    assert.deepEqual(both, ['kept', 'kept-both', 'added']);
    assert.deepEqual(await treeOf(directory), before);
    await source.close();
  });

  contract('a dry run into a place that is not there makes nothing', async (directory) => {
    const target = subject.open(directory);
    assert.deepEqual(await write(target, [subject.sample(1, 1)], { ...plain, dryRun: true }), ['added']);
    assert.deepEqual(await readdir(directory), []);
    await target.close();
  });

  contract('a source that is not there cannot be listed', async (directory) => {
    const source = subject.open(directory);
    await assert.rejects(
      list(source),
      (error) => error instanceof SourceError && error.code === 'ERR_SOURCE_UNAVAILABLE',
    );
    await source.close();
  });
}

/** Runs with a temporary directory, and removes it. */
export async function inDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'source-'));
  try {
    return await run(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export async function list(source: Source, skipped: SkippedItem[] = []): Promise<ListedItem[]> {
  const items: ListedItem[] = [];
  for await (const batch of source.list((item) => skipped.push(item))) items.push(...batch);
  return items;
}

/** All items with their bytes, as a restore gets them. */
export async function everything(source: Source, skipped: SkippedItem[] = []): Promise<Item[]> {
  const items: Item[] = [];
  for (const item of await list(source, skipped)) {
    const { uid, title, type, time, attributes } = item;
    // The time of a directory is that of its newest entry: it is compared by the folder's own tests.
    const head = { uid, title, type, time: attributes.directory ? 0 : time, attributes };
    items.push({ head, bytes: (await bytesOf(await source.read(item))).slice() });
  }
  return items;
}

/** Puts items and commits. */
export async function write(
  source: Source,
  items: readonly Item[],
  options: WriterOptions = plain,
  content?: (item: Item) => Content,
): Promise<Written[]> {
  const writer = await source.writer(options);
  const results: Written[] = [];
  for (const item of items)
    results.push(
      await (content ? writer.put(item.head, item.bytes.length, content(item)) : put(writer, item)),
    );
  await writer.commit();
  return results;
}

export async function bytesOf(content: Content): Promise<Uint8Array> {
  if (content.kind === 'bytes') return content.bytes;
  const parts: Uint8Array[] = [];
  for await (const chunk of content.chunks) parts.push(chunk.slice());
  return concat(...parts);
}

/** Each piece is gone when the next one is asked for. */
export function streamOf(pieces: readonly Uint8Array[]): Content {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) {
      const lent = piece.slice();
      yield lent;
      release(lent);
    }
  }
  return { kind: 'stream', chunks: chunks() };
}

/** The bytes are gone when it has resolved. */
async function put(writer: Awaited<ReturnType<Source['writer']>>, item: Item): Promise<Written> {
  const bytes = item.bytes.slice();
  const written = await writer.put(item.head, bytes.length, { kind: 'bytes', bytes });
  release(bytes);
  return written;
}

const sameUid = (a: Item, b: Item): boolean => compareBytes(a.head.uid, b.head.uid) === 0;

/** A directory, or the layout of a file: it changes with the items in it. */
const isAboutOthers = ({ attributes, type }: ItemHead): boolean =>
  attributes.directory === true || type === 'application/vnd.holdfast.layout';

const identity = (item: ListedItem): string => `${showBytes(item.uid)} ${showBytes(item.stamp)} ${item.size}`;

async function bytesUnder(source: Source, item: Item): Promise<Uint8Array | undefined> {
  return (await everything(source)).find((found) => sameUid(found, item))?.bytes;
}

function failing(bytes: Uint8Array): Content {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, bytes.length >> 1);
    throw new Error('broken off');
  }
  return { kind: 'stream', chunks: chunks() };
}

/** Every file below a directory, as it is on disk. */
async function treeOf(directory: string): Promise<Map<string, string>> {
  const tree = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true, encoding: 'utf8' })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) tree.set(path, `link ${await readlink(path)}`);
    else tree.set(path, entry.isFile() ? (await readFile(path)).toString('latin1') : '');
  }
  return tree;
}

/** Makes text items for samples. */
export const textItem = (uid: string, text: string, head: Partial<ItemHead> = {}): Item => ({
  head: { uid: utf8(uid), title: '', type: 'text/plain', time: 0, attributes: {}, ...head },
  bytes: utf8(text),
});

export const shownUids = (items: readonly { readonly uid: Uint8Array }[]): string[] =>
  items.map((item) => fromUtf8(item.uid));
