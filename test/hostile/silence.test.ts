/** A storage that is there and says nothing, or next to nothing: a run ends by its timeouts, and hangs at no point (U2). */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { restore, runBackup } from '../../src/backup/index.ts';
import { areaDestination } from '../../src/destinations/area/index.ts';
import { openSource, sourceForInto } from '../../src/sources/index.ts';
import { openState } from '../../src/state/index.ts';
import { assertSameTree, makeTree } from '../engine/trees.ts';
import { engineWorld, type TestDevice, TestUser } from '../engine/world.ts';
import { seeded } from '../world/data.ts';
import { Relay } from './relay.ts';

const world = await engineWorld();
const relay = await new Relay(world.areaUri).come();
const random = seeded(60);
after(async () => {
  await relay[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** The area as the network lets it be reached, with little patience. */
const impatient = ({ access, user }: TestDevice) =>
  areaDestination({
    ...access,
    uri: access.uri.replace(/:\d+/, `:${relay.port}`),
    prefix: `${user.id}/`,
    retry: { attempts: 2, base: 20, total: 100, patience: 600 },
    timeouts: { connect: 400, idle: 300, slowest: 2000 },
  });

/** The real run, as `TestDevice.backup`, to an impatient destination. */
async function backup(device: TestDevice, path: string): Promise<void> {
  const engine = await device.engine();
  await engine.destination.close();
  const destination = impatient(device);
  const state = openState(device.state);
  const source = openSource({ kind: 'folder', path, label: 'home' });
  try {
    await runBackup(
      { ...engine, destination },
      {
        catalogue: state.catalogue(device.access.uri),
        plans: [
          { database: 'Files', label: 'home', source, classify: () => 'personal', rules: () => device.rule },
        ],
        policy: 1,
      },
    );
  } finally {
    await source.close();
    state.close();
    await destination.close();
  }
}

async function restoreInto(device: TestDevice, into: string): Promise<void> {
  const engine = await device.engine();
  await engine.destination.close();
  const destination = impatient(device);
  try {
    await restore(
      { ...engine, destination },
      {
        writerFor: ({ sourceKind, database }) =>
          sourceForInto(sourceKind, join(into, database)).writer({ keepBoth: false, dryRun: false }),
      },
    );
  } finally {
    await destination.close();
  }
}

/** Fails in time, and says what was the matter. */
async function ends(what: Promise<void>, says: RegExp): Promise<void> {
  const began = performance.now();
  await assert.rejects(what, { code: 'ERR_DESTINATION_UNAVAILABLE', kind: 'failed', message: says });
  assert.ok(performance.now() - began < 8000, 'it took too long');
}

test('silent from the first request, in the middle of a backup and of a restore; trickling: it ends in time, and nothing is lost', async () => {
  const device = await world.device(new TestUser());
  const from = join(world.directory, 'home');
  await mkdir(from);
  await makeTree(from, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}`, random(60_000)])));

  relay.silent = true;
  await ends(backup(device, from), /did not answer in 2 tries: nothing moved for 0.3 s/);
  relay.silent = false;
  let up = 0;
  relay.onUp = (bytes) => {
    up += bytes;
    relay.silent ||= up > 1_000_000;
  };
  await ends(backup(device, from), /did not answer in \d tries/);
  assert.ok(up > 1_000_000);
  relay.onUp = undefined;
  relay.silent = false;
  await backup(device, from);

  const into = join(world.directory, 'into');
  relay.rate = 200;
  await ends(restoreInto(device, into), /did not answer .*(next to nothing came|no answer)/);
  relay.rate = undefined;
  await restoreInto(device, into);
  await assertSameTree(from, join(into, 'Files'));
});
