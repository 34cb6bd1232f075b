import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Syncs } from './syncs.ts';

/** Ends when it is told to. */
function slow() {
  const begun: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const sync = (directory: string): Promise<void> =>
    new Promise((resolve, reject) => {
      begun.push(directory);
      ends.push((error) => (error ? reject(error) : resolve()));
    });
  return { begun, ends, sync };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('who comes while a directory is synced shares the next sync, and never the one that began before', async () => {
  const { begun, ends, sync } = slow();
  const syncs = new Syncs(sync);
  const done: string[] = [];
  const ask = (who: string, directory: string) => syncs.of(directory).then(() => void done.push(who));
  const all = [ask('first', 'a'), ask('second', 'a'), ask('third', 'a'), ask('elsewhere', 'b')];
  assert.deepEqual(begun, ['a', 'b']);
  ends[0]!();
  await turn();
  assert.deepEqual(done, ['first']);
  assert.deepEqual(begun, ['a', 'b', 'a']);
  all.push(ask('fourth', 'a'));
  ends[2]!();
  await turn();
  assert.deepEqual(done, ['first', 'second', 'third']);
  assert.deepEqual(begun, ['a', 'b', 'a', 'a']);
  ends[1]!();
  ends[3]!();
  await Promise.all(all);
  void ask('later', 'a');
  assert.equal(begun.length, 5, 'nothing is remembered as synced');
  ends[4]!();
});

test('a sync that failed fails those who waited for it, and no others', async () => {
  const { ends, sync } = slow();
  const syncs = new Syncs(sync);
  const [first, second] = [syncs.of('a'), syncs.of('a')];
  ends[0]!(new Error('disk'));
  await assert.rejects(first, /disk/);
  await turn();
  ends[1]!();
  await second;
});
