import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { directoryStore } from './index.ts';

const area = 'A'.repeat(22);
const object = Buffer.concat([Buffer.alloc(32), Buffer.from('HOLDFAST')]);

async function stored(t: TestContext, paths: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-objects-'));
  t.after(() => rm(directory, { recursive: true }));
  const store = await directoryStore(directory);
  const file = (path: string): string => join(directory, 'objects', area, path);
  for (const path of paths) {
    await mkdir(join(file(path), '..'), { recursive: true });
    await writeFile(`${file(path)}.object`, object);
  }
  const pages = async (prefix: string, limit: number, between = async (_page: number) => {}) => {
    const found: string[] = [];
    for (let page = 1, after = ''; ; page++) {
      const { objects, more } = await store.list(area, { prefix, after, limit });
      found.push(...objects.map(({ path }) => path));
      if (!more) return found;
      after = found.at(-1)!;
      await between(page);
    }
  };
  return { store, file, pages };
}

test('a large directory is listed page by page, also when it changes between pages', async (t) => {
  const paths = Array.from({ length: 2500 }, (_, number) => `U/s/${String(number).padStart(5, '0')}`);
  const { store, file, pages } = await stored(t, paths);
  // Long enough unchanged for its names to be held.
  await utimes(file('U/s'), 1_000_000, 1_000_000);
  assert.deepEqual(await pages('U/', 400), paths);
  const found = await pages('U/s/', 400, async (page) => {
    if (page === 2) {
      const writer = await store.create(area, 'U/s/02000x');
      await writer.commit('A'.repeat(43));
      await store.remove(area, 'U/s/02001');
    }
  });
  assert.deepEqual(found, [...paths.filter((path) => path !== 'U/s/02001'), 'U/s/02000x'].sort());
});

test('pages may end anywhere: in a directory, before one, behind one of the same beginning', async (t) => {
  const paths = ['a', 'a-b', 'a/b', 'a/b/c', 'a/b/d', 'a0', 'ab/c', 'b', 'b/a/x']
    .map((path) => `U/${path}`)
    .sort();
  const { pages, store } = await stored(t, paths);
  for (const limit of [1, 2, 3, 100]) assert.deepEqual(await pages('U/', limit), paths);
  for (const after of ['', 'U', 'U/', 'U/a', 'U/a/', 'U/a/b/', 'U/a/b/cc', 'U/a/zz', 'U/zz', 'T', 'V/x']) {
    const { objects } = await store.list(area, { prefix: '', after, limit: 100 });
    assert.deepEqual(
      objects.map(({ path }) => path),
      paths.filter((path) => path > after),
      after,
    );
  }
});
