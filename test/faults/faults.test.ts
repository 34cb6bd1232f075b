/** Programs killed at drawn moments lose nothing and double nothing (U2, U3, U6, U7): the short form, with a fixed seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobsOf, SEED, SHORT } from './jobs.ts';
import { runFaults, table } from './runner.ts';

test('killed or without power at drawn moments: nothing is lost, doubled, half restored', async (t) => {
  const jobs = jobsOf({ runs: SHORT });
  const report = await runFaults(jobs, { seed: SEED, workers: 2, log: () => {} });
  t.diagnostic(`seed ${SEED}\n${table(report)}`);
  assert.deepEqual(report.failures, []);
  const all = report.rows.reduce((sum, { runs }) => sum + runs, 0);
  const missed = report.rows.reduce((sum, row) => sum + row.missed, 0);
  assert.ok(all >= 60, `only ${all} runs`);
  assert.ok(missed <= all / 6, `${missed} of ${all} moments did not come`);
});
