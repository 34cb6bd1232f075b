import { checkBackup, expectExit } from '../check.ts';
import type { Stage } from '../stage.ts';
import { type Data, makeData } from '../trees.ts';
import type { Scenario } from './scenario.ts';

/** A backup does not change it: it is made once. */
const made = new WeakMap<Stage, Data>();

export const largeBackup: Scenario = {
  name: 'large',
  about: 'the first backup of very many items and a large file; the device dies',
  size: { files: 10_000, cards: 90_000, mails: 100, large: 50_000_000 },
  async run(stage, fault, seed, size) {
    const data = made.get(stage) ?? makeData(`${stage.world.directory}/large`, size, seed, 0);
    made.set(stage, data);
    const subject = await stage.subject({ size, seed, reader: true, data });
    const died = await stage.kill(subject, ['backup'], fault);
    expectExit(died);
    await checkBackup(stage, subject);
    await stage.clear(subject);
    return died;
  },
};
