import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBackup, expectExit } from '../check.ts';
import type { Subject } from '../stage.ts';
import { makeData } from '../trees.ts';
import type { Scenario } from './scenario.ts';

export const firstBackup: Scenario = {
  name: 'backup',
  about: 'the first backup; the device dies',
  async run(stage, fault, seed, size) {
    const subject = await stage.subject({ size, seed, reader: true });
    const died = await stage.kill(subject, ['backup'], fault);
    expectExit(died);
    await checkBackup(stage, subject);
    await stage.clear(subject);
    return died;
  },
};

export const nextBackup: Scenario = {
  name: 'backup-next',
  about: 'a backup of changes; the device dies',
  async run(stage, fault, seed, size) {
    const subject = await stage.subject({ size, seed, reader: true });
    await changeAfterBackup(subject, size, seed);
    const died = await stage.kill(subject, ['backup'], fault);
    expectExit(died);
    await checkBackup(stage, subject);
    await stage.clear(subject);
    return died;
  },
};

export const longBackup: Scenario = {
  name: 'backup-long',
  about: 'a backup that moves what eight sets have added into one segment; the device dies',
  async run(stage, fault, seed, size) {
    const subject = await stage.subject({ size, seed, reader: true });
    await addToEightSets(subject);
    const died = await stage.kill(subject, ['backup'], fault);
    expectExit(died);
    await checkBackup(stage, subject);
    await stage.clear(subject);
    return died;
  },
};

export const storageDies: Scenario = {
  name: 'storage',
  about: 'a backup of changes; the storage dies',
  async run(stage, fault, seed, size) {
    const subject = await stage.subject({ size, seed, reader: true });
    await changeAfterBackup(subject, size, seed);
    const died = await stage.killing('storage', subject, fault, async () => {
      expectExit(await subject.phone.cli(['backup']));
    });
    await checkBackup(stage, subject);
    await stage.clear(subject);
    return died;
  },
};

async function addToEightSets({ root, phone }: Subject): Promise<void> {
  await phone.call('backup', {});
  for (let set = 0; set < 8; set++) {
    for (let i = 0; i < 4; i++)
      writeFileSync(join(root, 'data/files', `added ${set} ${i}`), `${set} ${i}\n`.repeat(300));
    await phone.call('backup', {});
  }
}

async function changeAfterBackup(
  { root, phone }: Subject,
  size: Parameters<Scenario['run']>[3],
  seed: number,
): Promise<void> {
  await phone.call('backup', {});
  makeData(`${root}/data`, size, seed, 1);
}
