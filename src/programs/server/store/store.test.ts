import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import {
  addEntry,
  addGroup,
  addMember,
  addUser,
  currentPolicies,
  deletePolicy,
  groupsOf,
  listUsers,
  openStore,
  policyHistory,
  putPolicy,
  removeUser,
  userByName,
} from './index.ts';

async function place(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-store-'));
  t.after(() => rm(directory, { recursive: true }));
  return join(directory, 'server.sqlite');
}

test('rows survive closing; the file is for its owner, in WAL, with full sync', async (t) => {
  const path = await place(t);
  const first = await openStore(path);
  await addUser(first, { id: 'u1', name: 'ada', created: 1, removed: null });
  const mode = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(first);
  assert.equal(mode.rows[0]?.journal_mode, 'wal');
  const sync = await sql<{ synchronous: number }>`pragma synchronous`.execute(first);
  assert.equal(sync.rows[0]?.synchronous, 2);
  await first.destroy();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const second = await openStore(path);
  assert.equal((await userByName(second, 'ada'))?.id, 'u1');
  await second.destroy();
});

test('a failed transaction leaves nothing', async (t) => {
  const db = await openStore(await place(t));
  t.after(() => db.destroy());
  await assert.rejects(
    db.transaction().execute(async (tx) => {
      await addUser(tx, { id: 'u1', name: 'ada', created: 1, removed: null });
      await addUser(tx, { id: 'u2', name: 'ada', created: 1, removed: null });
    }),
    /UNIQUE/,
  );
  assert.deepEqual(await listUsers(db), []);
});

test('other queries wait while a transaction runs', async (t) => {
  const db = await openStore(await place(t));
  t.after(() => db.destroy());
  const transaction = db.transaction().execute(async (tx) => {
    await addUser(tx, { id: 'u1', name: 'ada', created: 1, removed: null });
    await new Promise((resolve) => setTimeout(resolve, 20));
    throw new Error('rolled back');
  });
  const seen = listUsers(db);
  await assert.rejects(transaction, /rolled back/);
  assert.deepEqual(await seen, []);
});

test('groups keep the order given to them; members leave with their user', async (t) => {
  const db = await openStore(await place(t));
  t.after(() => db.destroy());
  await addUser(db, { id: 'u1', name: 'ada', created: 1, removed: null });
  await addGroup(db, { id: 'g1', name: 'a', position: 2, created: 1 });
  await addGroup(db, { id: 'g2', name: 'b', position: 1, created: 1 });
  await addMember(db, 'g1', 'u1');
  await addMember(db, 'g2', 'u1');
  await addMember(db, 'g2', 'u1');
  assert.deepEqual(await groupsOf(db, 'u1'), ['b', 'a']);
  await removeUser(db, 'u1', 2);
  assert.deepEqual(await groupsOf(db, 'u1'), []);
  await addUser(db, { id: 'u2', name: 'ada', created: 3, removed: null });
  assert.deepEqual(
    (await listUsers(db)).map((user) => user.id),
    ['u2'],
    'the name is free again',
  );
});

test('policies are versioned; deleting keeps the history', async (t) => {
  const db = await openStore(await place(t));
  t.after(() => db.destroy());
  assert.equal(await putPolicy(db, 'p', '{}', 1), 1);
  assert.equal(await putPolicy(db, 'p', '{"a":1}', 2), 2);
  assert.deepEqual(
    (await currentPolicies(db)).map((row) => row.version),
    [2],
  );
  assert.equal(await deletePolicy(db, 'p'), true);
  assert.equal(await deletePolicy(db, 'p'), false);
  assert.deepEqual(await currentPolicies(db), []);
  assert.equal(await putPolicy(db, 'p', '{}', 3), 3);
  assert.deepEqual(
    (await policyHistory(db, 'p')).map((row) => [row.version, row.state]),
    [
      [3, 'current'],
      [2, 'deleted'],
      [1, 'past'],
    ],
  );
});

test('audit rows can neither be changed nor deleted', async (t) => {
  const db = await openStore(await place(t));
  t.after(() => db.destroy());
  const row = { time: 1, actor: 'admin', action: 'x', subject: '', detail: '{}', previous: '', hash: 'h' };
  await addEntry(db, { seq: 1, ...row });
  await assert.rejects(db.updateTable('audit').set({ actor: 'other' }).execute(), /kept/);
  await assert.rejects(db.deleteFrom('audit').execute(), /kept/);
});

test('a file that is no database of ours is refused with a code', async (t) => {
  const path = await place(t);
  await writeFile(path, 'something else entirely, and long enough to look like a header of some kind');
  await assert.rejects(
    openStore(path),
    (error: Error & { code?: string }) => error.code === 'ERR_SERVER_STATE',
  );
});

test('a second server on the same database is refused, and says why', async (t) => {
  const path = await place(t);
  const db = await openStore(path);
  t.after(() => db.destroy());
  await assert.rejects(openStore(path), /another server is running/);
});
