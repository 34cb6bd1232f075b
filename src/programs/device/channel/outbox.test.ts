import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Home } from '../home/index.ts';
import { dropEvent, dropHead, keepAcknowledged, keepEvent, keepHead, markOf, readOutbox } from './outbox.ts';

test('the newest head of each chain waits until the server has taken it', async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-outbox-'));
  t.after(() => rm(scratch, { recursive: true, force: true }));
  const home = new Home(join(scratch, 'state'));
  assert.deepEqual(await readOutbox(home), {
    heads: [],
    events: [],
    last: undefined,
    acknowledged: undefined,
    databases: undefined,
  });
  await home.make();
  const id = (letter: string) => letter.repeat(22);
  const finished = (chain: string, counter: number) => ({
    chain: id(chain),
    counter,
    hash: 'h'.repeat(43),
    time: 1000 + counter,
    set: id('s'),
    destination: 'https://area.example/areas/x',
  });
  await keepHead(home, finished('a', 1));
  await keepHead(home, finished('b', 1));
  await keepHead(home, finished('a', 2));
  const { heads, last } = await readOutbox(home);
  assert.deepEqual(
    heads.map(({ chain, counter }) => `${chain[0]}${counter}`),
    ['b1', 'a2'],
  );
  assert.deepEqual(last, finished('a', 2));
  await dropHead(home, { ...finished('a', 1) });
  assert.equal((await readOutbox(home)).heads.length, 2);
  await dropHead(home, finished('a', 2));
  assert.deepEqual(
    (await readOutbox(home)).heads.map(({ counter }) => counter),
    [1],
  );
  assert.deepEqual((await readOutbox(home)).last, finished('a', 2));
  await keepAcknowledged(home, 'a.b.c.d.tag');
  assert.equal((await readOutbox(home)).acknowledged, markOf('x.tag'));
  assert.deepEqual((await readOutbox(home)).last, finished('a', 2));
  // A backup file that may be thrown away is nobody's newest set.
  const { set: _, destination: __, ...file } = finished('f', 1);
  await keepHead(home, file);
  assert.deepEqual((await readOutbox(home)).last, finished('a', 2));
  assert.ok((await readOutbox(home)).heads.some(({ chain }) => chain === id('f')));
});

test('events wait in their order; of too many the first are kept', async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-outbox-'));
  t.after(() => rm(scratch, { recursive: true, force: true }));
  const home = new Home(join(scratch, 'state'));
  await home.make();
  const event = (n: number) => ({
    ...({ id: String(n).padStart(22, 'A'), event: 'verify.damage', time: n } as const),
    ...{ chain: 'c'.repeat(22), set: 's'.repeat(22), counter: 1, count: 2 },
  });
  const many = Array.from({ length: 99 }, (_, n) => event(n));
  await writeFile(home.outbox, JSON.stringify({ v: 1, heads: [], events: many }));
  for (const n of [99, 100, 101]) await keepEvent(home, event(n));
  const times = async () => (await readOutbox(home)).events.map(({ time }) => time);
  assert.deepEqual([(await times()).length, (await times())[0], (await times()).at(-1)], [100, 0, 99]);
  await dropEvent(home, event(0));
  await dropEvent(home, event(101));
  assert.deepEqual([(await times()).length, (await times())[0]], [99, 1]);
  assert.deepEqual((await readOutbox(home)).events[0], event(1));
});
