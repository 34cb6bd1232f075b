/**
 * Faults at seeded moments: see docs/faults.md.
 *
 *     npm run test:faults                            the short form, as among all tests
 *     npm run test:faults -- --runs 1000 --seed 7    the long one: 1,000,000 items, 500 MB
 *     npm run test:faults -- --seed 7 --only prune --only restore
 *     npm run test:faults -- --seed 7 --only backup:rename.3.after~17
 *
 * `--items N`, `--large BYTES` (also 50M): of the scenario `large`. `--workers N`: at a time, 2 unless told.
 */
import { parseArgs } from 'node:util';
import { jobsOf, SEED, SHORT } from './jobs.ts';
import { parseFault } from './moments.ts';
import { runFaults, table } from './runner.ts';
import { Stage } from './stage.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string', default: `${SEED}` },
    items: { type: 'string' },
    large: { type: 'string' },
    workers: { type: 'string', default: '2' },
    only: { type: 'string', multiple: true },
  },
});
const [runs, seed] = [number(values.runs ?? `${SHORT}`), number(values.seed)];
const only = values.only?.map((one) => one.split(':')[0]!);
const moment = values.only?.length === 1 ? values.only[0]!.split(':')[1] : undefined;
const long = runs >= 1000;
const items = values.items ?? (long ? '1000000' : undefined);
const large = values.large ?? (long ? '500M' : undefined);
const jobs = jobsOf({
  runs,
  ...(items && { items: number(items) }),
  ...(large && { large: number(large) }),
  ...(only && { only }),
});
const log = (line: string): void => console.log(line);

if (moment !== undefined) {
  const [{ scenario, size }] = jobs as [(typeof jobs)[0]];
  await using stage = await Stage.open();
  const { died, signal } = await scenario.run(stage, parseFault(moment), seed, size);
  log(signal === 'SIGKILL' ? `held; it died at ${died?.target}` : 'held; that moment did not come');
} else {
  const report = await runFaults(jobs, { seed, workers: number(values.workers), log });
  log(`\nseed ${seed}\n${table(report)}`);
  process.exitCode = report.failures.length === 0 ? 0 : 1;
}

function number(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([kMG]?)$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`${text}: wanted is a number, like 1000 or 500M`);
  return Number(digits) * { '': 1, k: 1e3, M: 1e6, G: 1e9 }[unit]!;
}
