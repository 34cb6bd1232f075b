/** A chain of many sets costs a run, a restore and a listing of items no more than one of few (U3). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { listItems, verify } from '../../src/backup/index.ts';
import { type Destination, SETS_PER_KEYRING } from '../../src/set/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

interface Cost {
  list: number;
  manifests: number;
  envelopes: number;
  segments: number;
  puts: number;
}

function counting(cost: Cost): (real: Destination) => Destination {
  return (real) => ({
    ...real,
    list: (prefix) => {
      cost.list++;
      return real.list(prefix);
    },
    getObject: (name, limit) => {
      if (name.includes('/m/')) cost.manifests++;
      else cost.envelopes++;
      return real.getObject(name, limit);
    },
    getSegment: (name) => {
      cost.segments++;
      return real.getSegment(name);
    },
    getRange: (range) => {
      cost.segments++;
      return real.getRange(range);
    },
    putSegment: (name, segment) => {
      cost.puts++;
      return real.putSegment(name, segment);
    },
    putObject: (name, kind, bytes) => {
      cost.puts++;
      return real.putObject(name, kind, bytes);
    },
  });
}

async function costOf(device: TestDevice, work: () => Promise<unknown>): Promise<Cost> {
  const cost: Cost = { list: 0, manifests: 0, envelopes: 0, segments: 0, puts: 0 };
  device.through = counting(cost);
  await work();
  device.through = undefined;
  return cost;
}

/** What is done with a chain of so many sets costs so much. */
async function costs({ device, other, from, change }: Chain): Promise<Record<string, Cost>> {
  const restore = await costOf(other, async () => {
    const into = await place();
    await other.restore(into, { device: device.id });
    await assertSameTree(from, join(into, 'Files'));
  });
  const ls = await costOf(other, async () => {
    const engine = await other.engine();
    await Array.fromAsync(listItems(engine, { device: device.id }));
    await engine.destination.close();
  });
  const structure = await costOf(other, async () => {
    const engine = await other.engine();
    await verify(engine, { device: device.id, structureOnly: true });
    await engine.destination.close();
  });
  await change();
  const backup = await costOf(device, () => device.backup(from));
  return { restore, ls, structure, backup };
}

interface Chain {
  readonly device: TestDevice;
  readonly other: TestDevice;
  readonly from: string;
  /** Makes sets up to this one, each with a change. */
  grow(sets: number): Promise<void>;
  /** Makes the change of one more. */
  change(): Promise<void>;
}

async function chainOf(change: (set: number) => Record<string, string>): Promise<Chain> {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  const from = await place();
  let made = 0;
  return {
    device,
    other,
    from,
    async grow(sets) {
      for (; made < sets; made++) {
        await makeTree(from, change(made));
        await device.backup(from);
      }
    },
    change: () => makeTree(from, change(made++)),
  };
}

const [FEW, MANY] = [4, 4 + 3 * SETS_PER_KEYRING];

test('100 sets of what changes: nothing costs more than with 4', async () => {
  const chain = await chainOf((set) => ({ changing: `${set}`, lasting: 'the same' }));
  await chain.grow(FEW);
  const few = await costs(chain);
  assert.deepEqual(few.backup, { list: 1, manifests: 0, envelopes: 0, segments: 0, puts: 3 });
  await chain.grow(MANY);
  const many = await costs(chain);
  // One older set, of what lasts, and the envelope of the keyring that it was made under; a few more parts of the index.
  for (const [what, cost] of Object.entries(many))
    for (const [kind, requests] of Object.entries(cost))
      assert.ok(requests <= few[what]![kind as keyof Cost] + 4, `${what}, ${kind}: ${requests}`);
});

test('100 sets of which each adds something: nothing costs much more than with 4', async () => {
  const chain = await chainOf((set) => ({ [`file-${set}`]: `${set}` }));
  await chain.grow(FEW);
  const few = await costs(chain);
  await chain.grow(MANY);
  const many = await costs(chain);
  for (const what of ['backup', 'ls'])
    for (const [kind, requests] of Object.entries(many[what]!))
      assert.ok(requests <= few[what]![kind as keyof Cost] + 4, `${what}, ${kind}: ${requests}`);
  // What 100 sets have added lies in a few segments of each size.
  for (const what of ['restore', 'structure'])
    for (const [kind, requests] of Object.entries(many[what]!))
      assert.ok(requests <= few[what]![kind as keyof Cost] + 20, `${what}, ${kind}: ${requests}`);
});
