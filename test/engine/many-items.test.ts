/** A million small items that compress well: what waits in memory for a segment to be stored is bounded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listItems, runBackup } from '../../src/backup/index.ts';
import type { Source } from '../../src/database/index.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { openState } from '../../src/state/index.ts';
import { engineWorld, TestUser } from './world.ts';

const ITEMS = 100_000;

/** Small items by number, all but the same. */
const source: Source = {
  kind: 'folder',
  async *list() {
    for (let from = 0; from < ITEMS; from += 1000)
      yield Array.from({ length: 1000 }, (_, i) => {
        const path = `item-${String(from + i).padStart(8, '0')}`;
        const head = { uid: utf8(path), title: path, type: 'text/plain', time: 1, attributes: {} };
        return { ...head, path, size: 40, stamp: utf8('1') };
      });
  },
  read: ({ title }) => ({ kind: 'bytes', bytes: utf8(title.padEnd(40, ' ')) }),
  close: async () => {},
} as Partial<Source> as Source;

test('items of a segment are recorded some ten thousand at a time, and all of them are there', async () => {
  await using world = await engineWorld();
  const device = await world.device(new TestUser());
  const stored: number[] = [];
  let listed = 0;
  const counted: Source = {
    ...source,
    async *list(...skip) {
      for await (const batch of source.list(...skip)) {
        listed += batch.length;
        yield batch;
      }
    },
  };
  device.through = (real) => ({
    ...real,
    putSegment: (name, segment) => {
      if (segment.stream === 'data') stored.push(listed);
      return real.putSegment(name, segment);
    },
  });
  const engine = await device.engine();
  const state = openState(device.state);
  const plan = { database: 'Files', label: 'home', source: counted };
  await runBackup(engine, {
    catalogue: state.catalogue(engine.destination.label),
    plans: [{ ...plan, classify: () => 'personal', rules: () => device.rule }],
    policy: 1,
  });
  state.close();
  // Each goes on its way when so many have been listed since the one before, and what its frames hold besides.
  for (const [i, at] of stored.entries()) assert.ok(at - (stored[i - 1] ?? 0) < 50_000, `${stored}`);
  assert.ok(stored.length >= 3, `${stored}`);
  let items = 0;
  for await (const { size } of listItems(engine, {})) items += size / 40;
  assert.equal(items, ITEMS);
  await engine.destination.close();
});
