import { checkSet, expectExit, succeeds } from '../check.ts';
import { expect } from '../finding.ts';
import type { Stage, Subject } from '../stage.ts';
import { checkStored } from '../stored.ts';
import { type DataSize, makeData } from '../trees.ts';
import type { Scenario } from './scenario.ts';

const PRUNE = ['prune', '--keep-last', '2'];
const SETS = 5;

export const prune: Scenario = {
  name: 'prune',
  about: 'old sets are pruned; the device dies',
  async run(stage, fault, seed, size) {
    const subject = await history(stage, size, seed);
    const died = await stage.kill(subject, PRUNE, fault);
    expectExit(died);
    await finished(stage, subject);
    return died;
  },
};

export const pruneStorage: Scenario = {
  name: 'prune-storage',
  about: 'old sets are pruned; the storage dies',
  async run(stage, fault, seed, size) {
    const subject = await history(stage, size, seed);
    const died = await stage.killing('storage', subject, fault, async () => {
      expectExit(await subject.phone.cli(PRUNE));
    });
    await finished(stage, subject);
    return died;
  },
};

async function history(stage: Stage, size: DataSize, seed: number): Promise<Subject> {
  const subject = await stage.subject({ size, seed, reader: true });
  for (let version = 0; version < SETS; version++) {
    makeData(`${subject.root}/data`, size, seed, version);
    await subject.phone.call('backup', {});
  }
  return subject;
}

/** What was to be kept is whole after the fault, and the next pruning does the rest. */
async function finished(stage: Stage, subject: Subject): Promise<void> {
  const { phone, reader } = subject;
  const device = phone.id;
  const { damaged } = await reader.call('verify', { device });
  expect(
    damaged.length === 0,
    'loss',
    () => `damaged before the next pruning: ${JSON.stringify(damaged[0])}`,
  );
  await succeeds(subject, ...PRUNE);
  const { sets } = await reader.call('sets', { device });
  expect(sets.length === 2, 'loss', () => `${sets.length} sets are left of 2`);
  for (const { set } of sets) {
    const { damagedCount } = await reader.call('verify', { device, set });
    expect(damagedCount === 0, 'loss', () => `set ${set} is damaged`);
  }
  checkStored(stage.world.objects, device, true);
  await checkSet(stage, subject);
  await stage.clear(subject);
}
