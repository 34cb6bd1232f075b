import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { addArea, listAreas, start } from './index.ts';

const refused = { code: 'ERR_STORAGE_STATE', kind: 'usage' };
const quiet = { listen: '127.0.0.1:0', log: 'silent' };

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-storage-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

test('a directory with other things in it is refused, and nothing is written to it', async (t) => {
  const state = await scratch(t);
  await writeFile(join(state, 'passwd'), 'root:x:0:0\n');
  await mkdir(join(state, 'incoming'));
  await writeFile(join(state, 'incoming', 'letter'), 'not left by a storage');
  await assert.rejects(start({ state, ...quiet }), refused);
  await assert.rejects(addArea(state, { name: 'a' }), refused);
  await assert.rejects(listAreas(state), refused);
  await assert.rejects(start({ state: join(state, 'passwd'), ...quiet }), refused);
  assert.deepEqual((await readdir(state)).sort(), ['incoming', 'passwd']);
  assert.deepEqual(await readdir(join(state, 'incoming')), ['letter']);
});

test('areas may be made before the storage is started first, and in no directory that is only looked at', async (t) => {
  const directory = await scratch(t);
  const state = join(directory, 'new');
  await assert.rejects(listAreas(state), {
    ...refused,
    message: `${state} is not a storage's state directory; holdfast storage start or storage area add makes one`,
  });
  await assert.rejects(listAreas(directory), refused);
  assert.deepEqual(await readdir(directory), []);
  const { id } = await addArea(state, { name: 'early' });
  const storage = await start({ state, ...quiet });
  t.after(() => storage.close());
  assert.deepEqual(
    (await listAreas(state)).map(({ name, uri }) => [name, uri]),
    [['early', `${storage.url}/areas/${id}`]],
  );
});

test('one without areas is listed as such', async (t) => {
  const state = await scratch(t);
  await (await start({ state, ...quiet })).close();
  assert.deepEqual(await listAreas(state), []);
});

test('a directory that is open to others is refused', {
  skip: process.platform === 'win32' ? 'Windows has no such modes' : false,
}, async (t) => {
  const state = await scratch(t);
  await chmod(state, 0o755);
  await assert.rejects(start({ state, ...quiet }), refused);
  assert.deepEqual(await readdir(state), []);
});

test('an address that is no address, and one that is taken', async (t) => {
  const state = await scratch(t);
  const bad = start({ state, ...quiet, listen: 'here' });
  await assert.rejects(bad, { code: 'ERR_STORAGE_ADDRESS', kind: 'usage' });
  const storage = await start({ state, ...quiet });
  t.after(() => storage.close());
  await assert.rejects(
    start({ state: join(state, 'other'), ...quiet, listen: `127.0.0.1:${storage.port}` }),
    {
      ...{ code: 'ERR_STORAGE_LISTEN', kind: 'failed' },
      message: `cannot listen on 127.0.0.1:${storage.port}: something else listens there`,
    },
  );
});
