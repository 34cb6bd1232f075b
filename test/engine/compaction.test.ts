/** Long chains: what many sets have added is moved together, and everything comes back all the same (U3). */
import assert from 'node:assert/strict';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { listSets, prune, runBackup, verify } from '../../src/backup/index.ts';
import { type Source, SourceError } from '../../src/database/index.ts';
import { type Destination, DestinationError } from '../../src/set/index.ts';
import { openSource } from '../../src/sources/index.ts';
import { openState } from '../../src/state/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

/** The same numbers each time. */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Files of some kilobytes come, change, go, are renamed and copied. */
class Living {
  readonly path: string;
  readonly #draw: (below: number) => number;
  readonly #files: string[] = [];
  #made = 0;

  constructor(path: string, seed: number) {
    this.path = path;
    this.#draw = draws(seed);
  }

  async grow(files: number): Promise<void> {
    for (let i = 0; i < files; i++) {
      const name = `folder-${this.#draw(4)}/file-${this.#made++}`;
      await this.#write(name);
      this.#files.push(name);
    }
  }

  async change(): Promise<void> {
    await this.grow(2);
    for (let i = 0; i < 3; i++) await this.#write(this.#any());
    const gone = this.#any();
    await rm(join(this.path, gone));
    this.#forget(gone);
    const renamed = this.#any();
    await rename(join(this.path, renamed), join(this.path, `${renamed}-r`));
    this.#forget(renamed);
    this.#files.push(`${renamed}-r`);
    const copy = `folder-0/copy-${this.#made++}`;
    await cp(join(this.path, this.#any()), join(this.path, copy));
    this.#files.push(copy);
  }

  #any(): string {
    return this.#files[this.#draw(this.#files.length)]!;
  }

  #forget(name: string): void {
    this.#files.splice(this.#files.indexOf(name), 1);
  }

  async #write(name: string): Promise<void> {
    const line = `${name} ${this.#made++} ${this.#draw(2 ** 31)}\n`;
    await makeTree(this.path, { [name]: line.repeat(1 + this.#draw(200)) });
  }
}

async function life(seed: number, files = 60): Promise<Living> {
  const living = new Living(await place(), seed);
  await living.grow(files);
  return living;
}

async function assertRestores(device: TestDevice, tree: string, set?: string): Promise<void> {
  const into = await place();
  await device.restore(into, { device: device.id, ...(set !== undefined && { set }) });
  await assertSameTree(tree, join(into, 'Files'));
}

/** What a restore of the newest set reads. */
async function readsOf(device: TestDevice, tree: string) {
  const names = new Set<string>();
  const noted = (name: string): string => {
    names.add(name);
    return name;
  };
  device.through = (real) => ({
    ...real,
    getObject: (name, limit) => real.getObject(noted(name), limit),
    getSegment: (name) => real.getSegment(noted(name)),
    getRange: (range) => real.getRange({ ...range, name: noted(range.name) }),
  });
  await assertRestores(device, tree);
  device.through = undefined;
  const kind = (letter: string): number => [...names].filter((name) => name.includes(`/${letter}/`)).length;
  return { manifests: kind('m'), segments: kind('s') };
}

test('80 sets: a restore reads a few segments, and every set comes back as it was', async () => {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  const living = await life(1);
  const kept: { tree: string; set: string }[] = [];
  for (let i = 0; i < 80; i++) {
    await living.change();
    // A lost state is found again in between, and what it knew of the deltas' keys is not.
    if (i === 43) device.state += '-lost';
    const { set, massChanges, leftOut } = await device.backup(living.path);
    assert.deepEqual([massChanges, leftOut], [[], []]);
    if (i % 9 !== 0) continue;
    const tree = await place();
    await cp(living.path, tree, { recursive: true, preserveTimestamps: true });
    kept.push({ tree, set: set!.set });
  }
  const restored = await place();
  await other.restore(restored, { device: device.id });
  await assertSameTree(living.path, join(restored, 'Files'));
  const { manifests, segments } = await readsOf(device, living.path);
  assert.ok(manifests <= 30 && segments <= 40, `${manifests} manifests, ${segments} segments`);
  for (const { tree, set } of kept) await assertRestores(device, tree, set);
  const engine = await device.engine();
  assert.deepEqual((await verify(engine, {})).damage, []);
  await engine.destination.close();
});

test('what nothing lies in any more goes with the sets that needed it', async () => {
  const device = await world.device(new TestUser());
  const living = await life(2);
  for (let i = 0; i < 40; i++) {
    await living.change();
    await device.backup(living.path);
  }
  const engine = await device.engine();
  const state = openState(device.state);
  const report = await prune(engine, {
    catalogue: state.catalogue(engine.destination.label),
    keep: { last: 1 },
  });
  state.close();
  device.report(report.head!);
  const left = await Array.fromAsync(engine.destination.list(`${device.id}/`));
  await engine.destination.close();
  const segments = left.filter(({ name }) => name.includes('/s/'));
  assert.ok(segments.length <= 30, `${segments.length} segments`);
  await assertRestores(device, living.path);
  await living.change();
  await device.backup(living.path);
  await assertRestores(device, living.path);
});

/** So many sets that the next run moves what they have added. */
async function crowded(seed: number): Promise<{ device: TestDevice; living: Living }> {
  const device = await world.device(new TestUser());
  const living = await life(seed, 400);
  await device.backup(living.path);
  for (let i = 0; i < 8; i++) {
    for (let file = 0; file < 5; file++)
      await makeTree(living.path, { [`added/${i}-${file}`]: `${i} ${file} of eight sets\n`.repeat(100) });
    await setTimeout(60); // stamps settle
    await device.backup(living.path);
  }
  return { device, living };
}

async function unitsOf(device: TestDevice) {
  const engine = await device.engine();
  const state = openState(device.state);
  const catalogue = state.catalogue(engine.destination.label);
  const live = catalogue.units().map((unit) => catalogue.liveSegments(unit).length);
  state.close();
  await engine.destination.close();
  return live[0]!;
}

test('moving is no change: nothing is counted or marked, broken off anywhere it goes on', async () => {
  for (let writes = 0; ; writes++) {
    const { device, living } = await crowded(3);
    const before = await unitsOf(device);
    let left = writes;
    device.through = (real) => {
      const spend = (name: string): string => {
        if (left-- <= 0) throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the network is gone');
        return name;
      };
      const limited: Destination = {
        ...real,
        segmentLimit: 20_000,
        putSegment: async (name, segment) => real.putSegment(spend(name), segment),
        putObject: async (name, kind, bytes) => real.putObject(spend(name), kind, bytes),
      };
      return limited;
    };
    const first = await device.backup(living.path).catch((error: unknown) => error);
    const done = !(first instanceof Error);
    left = Number.POSITIVE_INFINITY;
    const { databases, massChanges } = done
      ? (first as Awaited<ReturnType<TestDevice['backup']>>)
      : await device.backup(living.path);
    assert.deepEqual(massChanges, []);
    const [{ added, changed, deleted }] = databases as [(typeof databases)[number]];
    assert.deepEqual(
      { added, changed, deleted },
      { added: 0, changed: 0, deleted: 0 },
      `after ${writes} writes`,
    );
    device.through = undefined;
    assert.ok((await unitsOf(device)) < before, `${before} segments, then ${await unitsOf(device)}`);
    await assertRestores(device, living.path);
    if (done) break;
  }
});

test('what cannot be read stays where it is, is not complained about, and is not tried again', async () => {
  const { device, living } = await crowded(4);
  let reads = 0;
  const unreadable = async () => {
    const real = openSource({ kind: 'folder', path: living.path, label: 'home' });
    const source: Source = {
      kind: real.kind,
      list: (skip) => real.list(skip),
      read: (item) => {
        reads++;
        throw new SourceError('ERR_SOURCE_ITEM_UNREADABLE', `cannot read ${item.path}`);
      },
      writer: (options) => real.writer(options),
      close: () => real.close(),
    };
    const engine = await device.engine();
    const state = openState(device.state);
    try {
      const report = await runBackup(engine, {
        catalogue: state.catalogue(engine.destination.label),
        plans: [
          { database: 'Files', label: 'home', source, classify: () => 'personal', rules: () => device.rule },
        ],
        policy: 1,
      });
      device.report(report.set!);
      return report;
    } finally {
      await source.close();
      state.close();
      await engine.destination.close();
    }
  };
  assert.deepEqual((await unreadable()).leftOut, []);
  assert.ok(reads > 10, `${reads}`);
  const tried = reads;
  assert.deepEqual((await unreadable()).leftOut, []);
  assert.equal(reads, tried);
  await assertRestores(device, living.path);
});

test('a list of 100 sets reads four manifests, and an old set is found as fast', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  const sets: string[] = [];
  for (let i = 0; i < 100; i++) {
    await makeTree(from, { file: `${i}` });
    sets.push((await device.backup(from)).set!.set);
  }
  let manifests = 0;
  device.through = (real) => ({
    ...real,
    getObject: (name, limit) => {
      if (name.includes('/m/')) manifests++;
      return real.getObject(name, limit);
    },
  });
  const engine = await device.engine();
  const listed = await listSets(engine, {});
  assert.deepEqual(
    listed.map(({ set, counter }) => [set, counter]),
    sets.map((set, i) => [set, i + 1]),
  );
  assert.ok(listed.every(({ bytes }) => bytes > 0));
  assert.ok(manifests <= 4, `${manifests} manifests`);
  manifests = 0;
  const into = await place();
  const report = await device.restore(into, { set: sets[10]! });
  assert.equal(report.set.counter, 11);
  assert.ok(manifests <= 8, `${manifests} manifests`);
  manifests = 0;
  const { time } = listed[40]!;
  const at = await device.restore(await place(), { at: time });
  assert.ok(at.set.counter >= 41 && at.set.time <= time);
  assert.ok(manifests <= 8, `${manifests} manifests`);
  await engine.destination.close();

  // What a recap names is checked when it is used.
  const nameOf = (set: number): string => `-${sets[set]!}`;
  let other: Uint8Array | undefined;
  device.through = (real) => ({
    ...real,
    getObject: async (name, limit) => {
      const bytes = await real.getObject(name, limit);
      if (name.endsWith(nameOf(12))) other = bytes;
      return name.endsWith(nameOf(10)) ? other! : bytes;
    },
  });
  await device.restore(await place(), { set: sets[12]! });
  await assert.rejects(device.restore(await place(), { set: sets[10]! }), { code: 'ERR_MISPLACED' });
});
