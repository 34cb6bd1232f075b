/** A destination that lists without end: memory stays bounded, and what is wrong is said (U2). */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { listSets } from '../../src/backup/index.ts';
import { toBase64Url } from '../../src/lib/bytes.ts';
import type { Destination } from '../../src/set/index.ts';
import { makeTree } from './trees.ts';
import { engineWorld, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());

const idOf = (number: number): string => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, number);
  return toBase64Url(bytes);
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Lists what is there, and then names without end. */
const endless =
  (name: (number: number) => string, seen: { names: number; most: number }) =>
  (real: Destination): Destination => ({
    ...real,
    async *list(prefix) {
      yield* real.list(prefix);
      for (; seen.names < 5_000_000; seen.names++) {
        if (seen.names % 200_000 === 199_999) {
          collect();
          seen.most = Math.max(seen.most, process.memoryUsage().heapUsed);
        }
        yield { name: name(seen.names), size: 1 };
      }
    },
  });

test('manifests without end, in one chain or each in its own: an integrity error before memory is full', async () => {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  const from = join(world.directory, 'from');
  await mkdir(from);
  await makeTree(from, { a: '1' });
  const { set } = await device.backup(from);
  const forms = [
    (n: number) => `${device.id}/${set!.chain}/m/${String(n + 2).padStart(10, '0')}-${idOf(n)}`,
    (n: number) => `${device.id}/${idOf(n)}/m/0000000001-${idOf(n)}`,
  ];
  const tooMany = { code: 'ERR_LISTING', kind: 'integrity', message: /more than 250000 manifests.*operator/ };
  for (const form of forms) {
    const seen = { names: 0, most: 0 };
    other.through = endless(form, seen);
    collect();
    const before = process.memoryUsage().heapUsed;
    await assert.rejects(other.restore(join(world.directory, 'into'), { device: device.id }), tooMany);
    assert.ok(seen.names <= 250_000, `${seen.names}`);
    assert.ok(seen.most - before < 130_000_000, `${seen.most - before} bytes`);
    seen.names = 0;
    device.through = endless(form, seen);
    await assert.rejects(device.backup(from), tooMany);
    device.through = undefined;
  }
});

test('the sets of such a place cannot be listed either, nor can a device find what is its own there', async () => {
  const device = await world.device(new TestUser());
  device.through = endless((n) => `${device.id}/${idOf(n)}/m/0000000001-${idOf(n)}`, { names: 0, most: 0 });
  const engine = await device.engine();
  await assert.rejects(listSets(engine, {}), { code: 'ERR_LISTING' });
  await engine.destination.close();
});

test('other names without end take no memory, and a run that is stopped stops', async () => {
  const user = new TestUser();
  const device = await world.device(user);
  const from = join(world.directory, 'second');
  await mkdir(from);
  await makeTree(from, { a: '1' });
  const { set } = await device.backup(from);
  const seen = { names: 0, most: 0 };
  device.through = endless((n) => {
    if (n === 1_000_000) device.abort();
    return `${device.id}/${set!.chain}/s/${idOf(n)}`;
  }, seen);
  collect();
  const before = process.memoryUsage().heapUsed;
  await assert.rejects(device.restore(join(world.directory, 'into')), { name: 'AbortError' });
  assert.ok(seen.names < 1_100_000, `${seen.names}`);
  assert.ok(seen.most - before < 5_000_000, `${seen.most - before} bytes`);
});
