/** Scenario: which data, in which order, and who takes part unless told. */
import type { Scenario } from './bench.ts';
import type { ScenarioName } from './names.ts';
import { measureSize } from './phases.ts';
import { measureSets } from './sets.ts';

export type { Bench, Scenario } from './bench.ts';
export { rotated } from './bench.ts';
export { type ScenarioName, scenarioNames } from './names.ts';
export { profilePhases } from './profile.ts';

export interface Plan {
  readonly run: Scenario;
  readonly repetitions: number;
  /** Contenders unless told; absent: all. */
  readonly contenders?: readonly string[];
}

const size = (name: 'xs' | 's' | 'm' | 'goal'): Plan => ({
  run: async (bench) => [await measureSize(bench, name)],
  repetitions: 3,
});

export const scenarios: { readonly [N in ScenarioName]: Plan } = {
  xs: size('xs'),
  s: size('s'),
  m: size('m'),
  goal: size('goal'),
  growth: {
    async run(bench) {
      const runs = [];
      for (const amount of ['10k', '100k', '1m'] as const)
        runs.push(await measureSize(bench, amount, ['restore', 'verify']));
      return runs;
    },
    repetitions: 1,
    contenders: ['holdfast'],
  },
  huge: {
    run: async (bench) => [await measureSize(bench, 'single', ['item'])],
    repetitions: 1,
    contenders: ['holdfast', 'restic'],
  },
  sets: { run: measureSets, repetitions: 1, contenders: ['holdfast'] },
};
