/** One more repetition of our own, under a profiler: what dominates each phase. It is slower, and not measured. */
import { join } from 'node:path';
import { own, type Phase, phases } from '../contenders/index.ts';
import { type Size, sizes, Tree } from '../data/index.ts';
import { dominating } from '../report/index.ts';
import { type Bench, scaled } from './bench.ts';
import { step } from './step.ts';

/** @returns a line for each phase */
export async function profilePhases(
  bench: Bench,
  size: Size,
  wanted: readonly Phase[],
  profile: string,
): Promise<Partial<Record<Phase, string>>> {
  bench.say('once more, with profiles');
  const directory = join(bench.directory, 'profiled', size);
  const { tree } = Tree.make(join(directory, 'source'), scaled(sizes[size], bench.scale));
  const place = join(directory, 'run');
  await using session = await own.open(place, tree.root, { folders: tree.folders, profile });
  const lines: Partial<Record<Phase, string>> = {};
  for (const phase of phases.filter((one) => wanted.includes(one))) {
    if (phase === 'changed') tree.changeOnePercent();
    if (await step(own, session, tree, phase))
      lines[phase] = await dominating(join(profile, `${phase}.cpuprofile`));
  }
  return lines;
}
