/** The short form: moments that are the same each time, few enough to run among all tests. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { jobsOf, SEED } from './jobs.ts';
import { runFaults, table } from './runner.ts';

export async function shortForm(t: TestContext, runs: number, ...only: string[]): Promise<void> {
  const report = await runFaults(jobsOf({ runs, only }), { seed: SEED, workers: 1, log: () => {} });
  t.diagnostic(`seed ${SEED}\n${table(report)}`);
  assert.deepEqual(report.failures, []);
  const missed = report.rows.reduce((sum, row) => sum + row.missed, 0);
  assert.ok(missed <= 1 + runs / 6, `${missed} of ${runs} moments did not come`);
}
