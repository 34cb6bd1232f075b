/** The goals that the project has set itself, against what was measured: met, or by how much not. */
import { archive, copy, own, type Phase, phases, reference } from '../contenders/index.ts';
import {
  addedOf,
  cpuOf,
  peakOf,
  type Report,
  type Run,
  servicesPeakOf,
  storedOf,
  valueIn,
  wallOf,
} from './values.ts';

export interface GoalRow {
  readonly goal: string;
  readonly limit: string;
  readonly measured: string;
  /** `met`, or by how much it misses. */
  readonly verdict: string;
}

/** Only goals whose numbers were all measured. */
export function goals(report: Report): GoalRow[] {
  const rows = report.runs.flatMap((run) => (isSize(run) ? sizeGoals(run) : []));
  return [
    ...startGoal(report),
    ...rows,
    ...growthGoals(report.runs),
    ...setGoals(report.runs),
    ...flatGoals(report.runs),
  ];
}

const MEMORY = 256 * 2 ** 20;
const sharesOfFirst: { readonly [label: string]: { readonly cpu: number; readonly wall: number } } = {
  s: { cpu: 1 / 3, wall: 1 / 2 },
};

const isSize = ({ label }: Run): boolean => ['xs', 's', 'm', 'goal'].includes(label);

function sizeGoals(run: Run): GoalRow[] {
  const here = own.name;
  const there = reference.name;
  const value = (who: string, phase: Phase, of: Parameters<typeof valueIn>[3]) =>
    valueIn(run, who, phase, of);
  const first = sharesOfFirst[run.label] ?? { cpu: 1 / 4, wall: 1 / 3 };
  const share = (phase: Phase, what: 'CPU' | 'wall', most: number) => {
    const of = what === 'CPU' ? cpuOf : wallOf;
    return ratio(`${phase}: ${what} of ${there}'s`, value(here, phase, of), value(there, phase, of), most);
  };
  const changed = run.changed?.bytes;
  const item = value(here, 'item', wallOf);
  return [
    share('first', 'CPU', first.cpu),
    share('first', 'wall', first.wall),
    ...(['unchanged', 'changed'] as const).flatMap((phase) => [
      share(phase, 'CPU', 1 / 5),
      share(phase, 'wall', 1 / 5),
    ]),
    ratio(`stored of ${there}'s`, value(here, 'changed', storedOf), value(there, 'changed', storedOf), 1),
    ratio('added after 1 % of the bytes that changed', value(here, 'changed', addedOf), changed, 2),
    share('restore', 'wall', 1 / 2),
    ratio(
      `restore: wall of ${copy.name}'s`,
      value(here, 'restore', wallOf),
      value(copy.name, 'restore', wallOf),
      1.5,
    ),
    amount('item: seconds', item, 0.5),
    ...phases.map((phase) =>
      ratio(
        `${phase}: peak memory of ${there}'s`,
        value(here, phase, peakOf),
        value(there, phase, peakOf),
        1,
      ),
    ),
    ratio(
      `first: CPU of ${archive.name}'s`,
      value(here, 'first', cpuOf),
      value(archive.name, 'first', cpuOf),
      2,
    ),
  ].flat();
}

function startGoal({ start }: Report): GoalRow[] {
  return start ? amount('start: ms of CPU above bare Node', (start.holdfast - start.node) * 1000, 80) : [];
}

/** No cliff: what an item costs at a million against a hundred thousand, and flat memory. */
function growthGoals(runs: readonly Run[]): GoalRow[] {
  const [small, large] = ['100k', '1m'].map((label) => runs.find((run) => run.label === label));
  if (!small || !large) return [];
  const each = (run: Run, phase: Phase, of: typeof wallOf): number | undefined => {
    const found = valueIn(run, own.name, phase, of);
    return found && found / run.amount.files;
  };
  return phases.flatMap((phase) => [
    ...ratio(
      `${phase}: CPU an item at 1 M of that at 100 k`,
      each(large, phase, cpuOf),
      each(small, phase, cpuOf),
      1.5,
    ),
    ...ratio(
      `${phase}: wall an item at 1 M of that at 100 k`,
      each(large, phase, wallOf),
      each(small, phase, wallOf),
      1.5,
    ),
    ...memoryGoals(large, phase),
  ]);
}

function memoryGoals(run: Run, phase: Phase): GoalRow[] {
  const [client, beside] = [
    valueIn(run, own.name, phase, peakOf),
    valueIn(run, own.name, phase, servicesPeakOf),
  ];
  const mebibytes = (value: number | undefined) => value && value / 2 ** 20;
  return [
    ...amount(`${run.label} ${phase}: MiB of the client`, mebibytes(client), MEMORY / 2 ** 20),
    ...amount(`${run.label} ${phase}: MiB of storage or server`, mebibytes(beside), MEMORY / 2 ** 20),
  ];
}

/** Many sets cost no more than few; a tenth is what the measurement itself varies by. */
function setGoals(runs: readonly Run[]): GoalRow[] {
  const [few, many] = runs.filter(({ label }) => label.endsWith(' sets'));
  if (!few || !many) return [];
  return (['changed', 'unchanged', 'sets', 'list', 'item', 'restore'] as const).flatMap((phase) =>
    (['CPU', 'wall'] as const).flatMap((what) => {
      const of = (run: Run) => valueIn(run, own.name, phase, what === 'CPU' ? cpuOf : wallOf);
      return ratio(`${phase}: ${what} at ${many.label} of that at ${few.label}`, of(many), of(few), 1.1);
    }),
  );
}

function flatGoals(runs: readonly Run[]): GoalRow[] {
  const single = runs.find(({ label }) => label === 'single');
  return single ? phases.flatMap((phase) => memoryGoals(single, phase)) : [];
}

function ratio(goal: string, mine: number | undefined, other: number | undefined, most: number): GoalRow[] {
  return mine === undefined || !other ? [] : amount(goal, mine / other, most);
}

function amount(goal: string, value: number | undefined, most: number): GoalRow[] {
  if (value === undefined) return [];
  const verdict = value <= most ? 'met' : `misses by ${((value / most - 1) * 100).toFixed(0)} %`;
  return [{ goal, limit: `≤ ${short(most)}`, measured: short(value), verdict }];
}

const short = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(2));
