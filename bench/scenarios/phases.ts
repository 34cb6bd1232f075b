/** All phases in order, on data of one size. Repetitions are interleaved: what disturbs the machine disturbs all. */
import { join } from 'node:path';
import { type Contender, type Phase, phases, type Session } from '../contenders/index.ts';
import { type Amount, type Size, sizes, Tree } from '../data/index.ts';
import type { Run } from '../report/index.ts';
import { type Bench, describe, Found, plain, rotated, scaled } from './bench.ts';
import { step } from './step.ts';

/** @param without phases that this size does not have */
export async function measureSize(bench: Bench, size: Size, without: readonly Phase[] = []): Promise<Run> {
  const { repetitions, say } = bench;
  const directory = join(bench.directory, size);
  const source = join(directory, 'source');
  say(`data of size ${size} in ${source}`);
  const { tree, amount } = Tree.make(source, scaled(sizes[size], bench.scale));
  const found = new Found();
  const changes: Amount[] = [];
  const wanted = phases.slice(0, phases.indexOf(bench.until) + 1).filter((phase) => !without.includes(phase));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    await using sessions = new AsyncDisposableStack();
    const open = new Map<Contender, Session>();
    for (const contender of bench.contenders) {
      const place = join(directory, `run-${repetition + 1}`, plain(contender.name));
      const options = { folders: tree.folders };
      open.set(contender, sessions.use(await contender.open(place, tree.root, options)));
    }
    for (const phase of wanted) {
      if (phase === 'changed') changes.push(tree.changeOnePercent());
      for (const contender of rotated(bench.contenders, repetition)) {
        const measured = await step(contender, open.get(contender)!, tree, phase);
        if (!measured) continue;
        say(`${repetition + 1}/${repetitions} ${describe(phase, contender.name, measured)}`);
        found.add(contender.name, phase, measured);
      }
    }
  }
  const [changed] = changes;
  return { label: size, amount, ...(changed ? { changed } : {}), results: found.results() };
}
