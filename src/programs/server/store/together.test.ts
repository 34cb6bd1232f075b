import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { addUser, listUsers, openStore, Together } from './index.ts';

test('what comes at once shares a transaction; one that fails takes no other with it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-store-'));
  const db = await openStore(join(directory, 'server.sqlite'));
  t.after(async () => {
    await db.destroy();
    await rm(directory, { recursive: true });
  });
  const together = new Together(db);
  const transactions = new Set<unknown>();
  const add = (name: string) =>
    together.run(async (tx) => {
      transactions.add(tx);
      await addUser(tx, { id: `id of ${name} ${transactions.size}`, name, created: 1, removed: null });
      if (name === 'bad') throw new Error('thought better of it');
      return name;
    });
  const outcomes = await Promise.allSettled(['ada', 'bob', 'bad', 'bob', 'eve'].map(add));
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.equal(transactions.size, 1);
  const names = async () => (await listUsers(db)).map(({ name }) => name);
  assert.deepEqual(await names(), ['ada', 'bob', 'eve']);
  const many = Array.from({ length: 100 }, (_, number) => add(`user ${number}`));
  assert.equal(await many[0], 'user 0');
  await Promise.all(many);
  assert.ok(transactions.size <= 3, 'and what comes later the next one');
  assert.equal((await names()).length, 103);
});
