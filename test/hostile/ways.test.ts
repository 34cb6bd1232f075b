/** A way in is replaced while the storage breaks off after each number of writes: the same call again completes it (U5). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAreaUri } from '../../src/api/area/index.ts';
import {
  callDevice,
  type OperationName,
  type ParamsOf,
  type ResultOf,
  type WayParams,
} from '../../src/api/device/index.ts';
import { ProblemError } from '../../src/api/problem/index.ts';
import { phraseOf, wayInFromPhrase } from '../../src/custody/wim/index.ts';
import { type Device, openDevice } from '../../src/programs/device/index.ts';
import { addArea, addIssuer, type RunningStorage, start } from '../../src/programs/storage/index.ts';
import { randomId } from './attacker.ts';
import { type HostileProxy, json, startProxy } from './proxy.ts';

interface Paper {
  readonly params: WayParams;
  /** Thumbprint of its signature key: all phrases have one name. */
  readonly id: string;
}

let directory: string;
let storage: RunningStorage;
let proxy: HostileProxy;
let laptop: Device;
const areas: string[] = [];
const places: string[] = [];
let kept: Paper;
let last: Paper;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-ways-'));
  await mkdir(join(directory, 'storage'), { mode: 0o700 });
  storage = await start({ state: join(directory, 'storage'), listen: '127.0.0.1:0', log: 'silent' });
  proxy = await startProxy();
  proxy.aim(storage.url);
  for (const name of ['one', 'two']) areas.push((await addArea(join(directory, 'storage'), { name })).id);
});
after(async () => {
  await laptop?.close();
  await proxy?.close();
  await storage?.close();
  await rm(directory, { recursive: true, force: true });
});

async function paper(): Promise<Paper> {
  const words = phraseOf(new Uint8Array(randomBytes(32)));
  const { signature } = (await wayInFromPhrase(words)).public;
  for (const area of areas) await addIssuer(join(directory, 'storage'), area, signature.jwk);
  return { params: { kind: 'phrase', words }, id: signature.thumbprint };
}

const call = <N extends OperationName>(name: N, params: ParamsOf<N>): Promise<ResultOf<N>> =>
  callDevice(laptop.transport, name, params, {});

/** On a terminal that has nothing but the way in. */
async function restores(place: string, { params: way }: Paper): Promise<void> {
  const bare = await openDevice({ state: join(directory, `bare-${randomId()}`) });
  const into = join(directory, `out-${randomId()}`);
  try {
    await callDevice(bare.transport, 'restore', { from: place, way, into }, {});
    assert.equal(await readFile(join(into, 'Files', 'letter'), 'utf8'), 'as it was written');
  } finally {
    await bare.close();
  }
}

/** From now on only so many things are stored or deleted. */
function only(writes: number): Disposable {
  return proxy.rule(async (asked, pass) => {
    const isWrite = asked.method === 'PUT' || asked.method === 'DELETE';
    if (!isWrite || writes-- > 0) return pass();
    return json(
      { type: 'about:blank', title: 'x', status: 400, code: 'ERR_REQUEST_MALFORMED', kind: 'failed' },
      400,
    );
  });
}

test('two areas, a backup in each', async () => {
  laptop = await openDevice({ state: join(directory, 'laptop') });
  [kept, last] = [await paper(), await paper()];
  await call('init', { name: 'laptop', ways: [kept.params, last.params] });
  for (const area of areas)
    places.push((await call('areaAdd', { uri: `${proxy.url}/areas/${area}`, way: kept.params })).uri);
  await mkdir(join(directory, 'home'));
  await writeFile(join(directory, 'home', 'letter'), 'as it was written');
  await call('sourceAdd', {
    database: 'Files',
    kind: 'folder',
    path: join(directory, 'home'),
    label: 'home',
  });
  for (const to of places) assert.equal((await call('backup', { to })).databases[0]?.items, 1);
});

test('broken off after each number of writes, in the record and in each area', async () => {
  for (let writes = 0; ; writes++) {
    const next = await paper();
    const params = { way: kept.params, add: next.params, remove: last.id };
    const broken = only(writes);
    const first = await call('ways', params).catch((error: unknown) => {
      assert.ok(error instanceof ProblemError, String(error));
      return undefined;
    });
    broken[Symbol.dispose]();
    for (const place of places) await restores(place, kept);
    const second = await call('ways', params);
    assert.ok(second.complete, JSON.stringify(second.areas));
    assert.deepEqual(
      second.owner.ways.map(({ id }) => id),
      [kept.id, next.id],
    );
    assert.equal(second.removed?.id, last.id);
    for (const place of places) {
      await restores(place, next);
      await assert.rejects(restores(place, last), { kind: 'no-key' }, `after ${writes}`);
    }
    if (first?.complete) {
      assert.ok(
        writes >= 8,
        `${writes} writes: a record, an envelope, a manifest and a deletion in each area`,
      );
      return;
    }
    last = next;
    for (const to of places) await call('backup', { to });
  }
});

test('one area is away: the list is not changed; wrapping goes on where it is there', async () => {
  const next = await paper();
  const away = parseAreaUri(places[1]!).area;
  const { version } = await call('owner', {});
  const hidden = proxy.rule(async (asked, pass) =>
    asked.url.includes(away) ? json({ type: 'about:blank', title: 'x', status: 400 }, 400) : pass(),
  );
  await assert.rejects(call('ways', { way: kept.params, add: next.params }));
  assert.equal((await call('owner', {})).version, version);
  hidden[Symbol.dispose]();
  const done = await call('ways', { way: kept.params, add: next.params });
  assert.deepEqual([done.changed, done.complete, done.owner.version], [true, true, version + 1]);
  assert.deepEqual(
    done.areas.map(({ envelopes, rewrapped }) => [envelopes > 0, rewrapped === envelopes]),
    [
      [true, true],
      [true, true],
    ],
  );
});

test('a way in of nobody changes nothing, nor does one that was taken out', async () => {
  const stranger = await paper();
  const { ways, version } = await call('owner', {});
  await assert.rejects(call('ways', { way: stranger.params, add: (await paper()).params }), {
    kind: 'usage',
  });
  await assert.rejects(call('ways', { way: kept.params, remove: 'recovery phrase' }), {
    message: /several ways in are called "recovery phrase"/,
  });
  await assert.rejects(call('ways', { way: kept.params, remove: kept.id }), {
    message: /cannot take itself out/,
  });
  const others = ways.filter(({ id }) => id !== kept.id);
  const one = await call('ways', { way: kept.params, remove: others[0]!.id.slice(0, 10) });
  assert.equal(one.owner.version, version + 1);
  await assert.rejects(call('ways', { way: kept.params, remove: others[1]!.id }), {
    message: /would be left/,
  });
  const alone = await call('ways', { way: kept.params, remove: others[1]!.id, alone: true });
  assert.deepEqual([alone.owner.alone, alone.owner.ways.length, alone.renew], [true, 1, false]);
});

test('the only way in is replaced by itself, and signs for the new one', async () => {
  const next = await paper();
  const params = { way: kept.params, add: next.params, remove: kept.id, alone: true as const };
  const done = await call('ways', params);
  assert.deepEqual([done.complete, done.renew, done.owner.ways[0]?.id], [true, true, next.id]);
  assert.deepEqual((await call('ways', params)).changed, false, 'again, by the one that is gone');
  for (const place of places) {
    await restores(place, next);
    await assert.rejects(restores(place, kept), { kind: 'no-key' });
  }
});
