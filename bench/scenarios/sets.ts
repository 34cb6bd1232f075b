/** Many sets in one chain: what a phase costs at 5 sets, and what at 500. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Phase, Session } from '../contenders/index.ts';
import { Tree } from '../data/index.ts';
import type { Run } from '../report/index.ts';
import { type Bench, describe, Found, plain, scaled } from './bench.ts';
import { step } from './step.ts';

const ITEMS = { small: 3000, recordings: 0, photos: 0 };
const COUNTS = [5, 500] as const;
/**
 * So many backups in ten minutes use up what a server takes of one device; from then on each of its commands would ask
 * in vain, and wait to ask again. So the first ones are let go before anything is measured.
 */
const MOST_AT_ONCE = 300;
const LOGINS_LAST = 12 * 60_000;

const MEASURED: readonly Phase[] = ['changed', 'unchanged', 'sets', 'list', 'item', 'restore', 'verify'];

export async function measureSets(bench: Bench): Promise<Run[]> {
  const { directory, say, scale } = bench;
  const source = join(directory, 'source');
  const { tree, amount } = Tree.make(source, ITEMS);
  const counts = [COUNTS[0], Math.max(COUNTS[0] + 1, scaled({ ...ITEMS, small: COUNTS[1] }, scale).small)];
  const runs = new Map(counts.map((count) => [count, new Found()]));
  for (const contender of bench.contenders) {
    const place = join(directory, 'run', plain(contender.name));
    await using session = await contender.open(place, source, { folders: tree.folders });
    await step(contender, session, tree, 'first');
    let made = 1;
    const begun = performance.now();
    for (const count of counts) {
      made += await fill(session, tree, count - made);
      if (made > MOST_AT_ONCE) await sleep(Math.max(0, LOGINS_LAST - (performance.now() - begun)));
      for (let n = 0; n < bench.repetitions; n++)
        for (const phase of MEASURED) {
          if (phase === 'changed') tree.changeOnePercent({ steady: true });
          if (phase === 'changed' || phase === 'unchanged') made++;
          const measured = await step(contender, session, tree, phase);
          if (!measured) continue;
          say(`at ${count} sets: ${describe(phase, contender.name, measured)}`);
          runs.get(count)!.add(contender.name, phase, measured);
        }
    }
  }
  return [...runs].map(([count, found]) => ({ label: `${count} sets`, amount, results: found.results() }));
}

/** So many more sets, each after 1 % has changed; the items stay as many as they were. */
async function fill(session: Session, tree: Tree, count: number): Promise<number> {
  for (let n = 0; n < count; n++) {
    tree.changeOnePercent({ steady: true });
    await session.run('changed', '');
  }
  return Math.max(0, count);
}
