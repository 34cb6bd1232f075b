/**
 * Faults by seeded moments: see docs/faults.md.
 *
 *     npm run test:faults                                the short form, as in CI
 *     npm run test:faults -- --runs 1000 --seed 7        the long one
 *     npm run test:faults -- --only backup:rename.3.after~17 --seed 7
 */
import { parseArgs } from 'node:util';
import { parseFault } from './moments.ts';
import { runFaults, sizeOf, table } from './runner.ts';
import { scenarios } from './scenarios/index.ts';
import { Stage } from './stage.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed);
const log = (line: string): void => console.log(line);
const [name, moment] = values.only?.split(':') ?? [];
const chosen = scenarios.filter((one) => name === undefined || one.name === name);
if (chosen.length === 0)
  throw new Error(`there is no scenario ${name}: ${scenarios.map((one) => one.name).join(' ')}`);

if (moment !== undefined) {
  await using stage = await Stage.open();
  const { died, signal } = await chosen[0]!.run(stage, parseFault(moment), seed, sizeOf(chosen[0]!));
  log(`held; ${signal === 'SIGKILL' ? `killed at ${JSON.stringify(died)}` : 'the moment did not come'}`);
} else {
  const each = Math.ceil(Number(values.runs) / chosen.length);
  const jobs = chosen.map((scenario) => ({ scenario, runs: each, size: sizeOf(scenario) }));
  const report = await runFaults(jobs, { seed, workers: Number(values.workers), log });
  log(`\n${table(report)}`);
  process.exitCode = report.failures.length === 0 ? 0 : 1;
}
