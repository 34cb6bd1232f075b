/** What is shared with others: a chain of its own, which opens only what is in it, and is never taken for a backup (N11). */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type BackupReport,
  type DatabasePlan,
  type EngineContext,
  endShare,
  findSet,
  type Head,
  listSets,
  prune,
  restore,
  runBackup,
} from '../../src/backup/index.ts';
import { toBase64Url } from '../../src/lib/bytes.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { openSource, sourceForInto } from '../../src/sources/index.ts';
import { openState } from '../../src/state/index.ts';
import {
  type EngineWorld,
  engineWorld,
  RULE,
  type TestDevice,
  TestUser,
  type TestWay,
  testWay,
} from './world.ts';

let world: EngineWorld;
let ann: TestDevice;
let bob: TestWay;
let home: string;
let album: string;
const chain = toBase64Url(nodePlatform.random(16));
const seen: Head[] = [];

before(async () => {
  world = await engineWorld();
  const user = new TestUser();
  user.ways.push(await testWay());
  ann = await world.device(user);
  ann.rule = { ...RULE, custody: 'user' };
  ann.hands = { company: false, ways: user.ways };
  bob = await testWay();
  home = join(world.directory, 'home');
  album = join(world.directory, 'album');
  for (const path of [home, album]) await mkdir(path);
  await writeFile(join(home, 'diary'), 'for nobody else');
  await writeFile(join(home, 'photo'), 'both of us');
  await writeFile(join(album, 'photo'), 'both of us');
});
after(() => world?.[Symbol.asyncDispose]());

const sharing = async (): Promise<EngineContext> => {
  const engine = await ann.engine();
  const recipients = () => [...ann.user.ways, bob].map(({ recipient }) => recipient);
  return { ...engine, shares: true, keys: { ...engine.keys, recipients } };
};

async function inShare<T>(
  work: (
    engine: EngineContext,
    catalogue: ReturnType<ReturnType<typeof openState>['catalogue']>,
  ) => Promise<T>,
): Promise<T> {
  const engine = await sharing();
  const state = openState(ann.state);
  try {
    return await work(engine, state.catalogue(`share ${chain}`));
  } finally {
    state.close();
    await engine.destination.close();
  }
}

const share = (): Promise<BackupReport> =>
  inShare(async (engine, catalogue) => {
    const source = openSource({ kind: 'folder', path: album, label: 'album' });
    const plan: DatabasePlan = {
      database: 'Pictures',
      label: 'album',
      source,
      classify: () => 'personal',
      rules: () => ann.rule,
    };
    const request = { catalogue, chain, plans: [plan], policy: 0, allowEmpty: true };
    return runBackup(engine, request).finally(() => source.close());
  });

/** Bob: his own key, and of Ann what her owner record says. */
const asBob = async (known: readonly Head[] = seen): Promise<EngineContext> => {
  const engine = await ann.engine();
  const keys = {
    ...engine.keys,
    device: toBase64Url(nodePlatform.random(16)),
    identities: () => [bob.identity],
  };
  return { ...engine, shares: true, keys, trust: { ...engine.trust, heads: () => known } };
};

let outs = 0;
async function received(engine: EngineContext, which = { device: ann.id, chain }): Promise<string[]> {
  const into = join(world.directory, `out-${outs++}`);
  try {
    const { set } = await restore(engine, {
      ...which,
      writerFor: async ({ sourceKind, label }) =>
        sourceForInto(sourceKind, into, label).writer({ keepBoth: false, dryRun: false }),
    });
    seen.push({ ...set, ...(engine.destination.area && { area: engine.destination.area }) });
    return (await readdir(into)).sort();
  } finally {
    await engine.destination.close();
  }
}

test('the invited person opens what is shared, and nothing else', async () => {
  await ann.backup(home);
  const { set } = await share();
  assert.deepEqual([set?.chain, set?.counter], [chain, 1]);
  assert.deepEqual(await received(await asBob([])), ['photo']);
  // Neither as a share nor as a backup.
  const [own] = await withAnn((engine) => listSets(engine, {}));
  const other = { device: ann.id, chain: own!.chain };
  await assert.rejects(received(await asBob([]), other), { code: 'ERR_NO_SETS' });
  const { shares: _, ...asBackup } = await asBob([]);
  await assert.rejects(received(asBackup, other), { code: 'ERR_NO_KEY' });
});

test('data keys and sealed bytes are those of no backup', async () => {
  const keysOf = (state: Uint8Array): string[] =>
    JSON.parse(Buffer.from(state).toString()).units.map(({ key }: { key: string }) => key);
  const shared = keysOf(ann.keyrings.get(chain)!);
  const own = [...ann.keyrings].flatMap(([id, state]) => (id === chain ? [] : keysOf(state)));
  assert.ok(shared.length > 0 && own.length > 0);
  for (const key of own) assert.ok(!shared.includes(key));
});

async function withAnn<T>(work: (engine: EngineContext) => Promise<T>): Promise<T> {
  const engine = await ann.engine();
  return work(engine).finally(() => engine.destination.close());
}

test('no backup goes on with it, lists it, restores or prunes it, nor the other way round', async () => {
  const sets = await withAnn((engine) => listSets(engine, {}));
  assert.ok(sets.length > 0 && sets.every((one) => one.chain !== chain));
  const shared = await inShare((engine) => listSets(engine, {}));
  assert.deepEqual(new Set(shared.map((one) => one.chain)), new Set([chain]));
  await assert.rejects(
    withAnn((engine) => findSet(engine, { set: shared[0]!.set })),
    { code: 'ERR_NO_SETS' },
  );
  const { set } = await withAnn((engine) => findSet(engine, {}));
  assert.equal(set.chain, sets[0]!.chain);

  // A device that has lost what it knew takes up its backup, never the share.
  ann.user.heads.length = 0;
  ann.state = join(world.directory, 'lost.db');
  const { set: next } = await ann.backup(home);
  assert.deepEqual([next?.chain, next?.counter], [sets[0]!.chain, sets.length + 1]);
  const state = openState(ann.state);
  const report = await withAnn((engine) =>
    prune(engine, { catalogue: state.catalogue(engine.destination.label), keep: { last: 1 } }),
  ).finally(() => state.close());
  assert.ok([...report.kept, ...report.removed].every((one) => one.chain !== chain));
  assert.deepEqual(await received(await asBob()), ['photo']);
});

test('a change of the ways in wraps backups anew, and leaves what is shared as it is', async () => {
  await ann.useAll();
  ann.user.ways.push(await testWay());
  const { rewrapped, unread } = await ann.rewrap();
  assert.ok(rewrapped > 0 && unread.length === 0);
  assert.deepEqual(await received(await asBob()), ['photo']);
});

test('only a share there: there is no backup', async () => {
  const user = new TestUser();
  const other = await world.device(user);
  user.ways.push(await testWay());
  other.rule = ann.rule;
  const before = ann;
  const keep = ann.state;
  ann = other;
  try {
    await share();
    await assert.rejects(
      withAnn((engine) => listSets(engine, {})),
      { code: 'ERR_NO_SETS', kind: 'usage' },
    );
    const { set } = await other.backup(home);
    assert.equal(set?.counter, 1);
    assert.notEqual(set?.chain, chain);
  } finally {
    ann = before;
    ann.state = keep;
  }
});

const stored = (place: string): string =>
  join(world.storage, 'objects', areaOf(), ann.user.id, ann.id, place);
const areaOf = (): string => /areas\/([^/]+)/.exec(world.areaUri)![1]!;

test('storage that puts the one in the place of the other is found out', async () => {
  const [own] = await withAnn((engine) => listSets(engine, {}));
  const away = join(world.directory, 'away');
  await cp(stored(chain), away, { recursive: true });
  await rm(stored(chain), { recursive: true });
  await cp(stored(own!.chain), stored(chain), { recursive: true });
  for (const known of [seen, []])
    await assert.rejects(received(await asBob(known)), ({ kind }: { kind: string }) => kind === 'integrity');
  await rm(stored(chain), { recursive: true });
  await cp(away, stored(chain), { recursive: true });
  assert.deepEqual(await received(await asBob()), ['photo']);
});

test('a later set has what is there then; an older one is missed by who has seen it', async () => {
  ann.state = join(world.directory, 'state-0.db'); // as it was when the share began
  await rm(join(album, 'photo'));
  await writeFile(join(album, 'second'), 'a later one');
  const { set } = await share();
  assert.equal(set?.counter, 2);
  assert.deepEqual(await received(await asBob()), ['second']);
  const folder = join(stored(chain), 'm');
  const [, newest] = (await readdir(folder)).sort();
  const bytes = await readFile(join(folder, newest!));
  await rm(join(folder, newest!));
  await assert.rejects(received(await asBob()), { code: 'ERR_ROLLED_BACK', kind: 'integrity' });
  await writeFile(join(folder, newest!), bytes);
});

test('after it has ended nothing opens, and nothing more goes in', async () => {
  const ended = await inShare((engine, catalogue) => endShare(engine, catalogue, chain));
  assert.equal(ended?.counter, 3);
  await assert.rejects(received(await asBob()), { code: 'ERR_SHARE_ENDED', kind: 'refused' });
  await assert.rejects(received(await asBob([])), { code: 'ERR_SHARE_ENDED' });
  assert.ok(!ann.keyrings.has(chain));
});
