/** Runs scenarios under drawn faults, several at a time, and counts what was lost, doubled or went wrong. */
import { Finding, type FindingKind } from './finding.ts';
import { type Counts, drawFaults, nameOf } from './moments.ts';
import type { Fault } from './program.ts';
import type { Scenario } from './scenarios/index.ts';
import { Stage } from './stage.ts';
import type { DataSize } from './trees.ts';

export interface Job {
  readonly scenario: Scenario;
  readonly runs: number;
  readonly size: DataSize;
}

export interface Row {
  readonly scenario: string;
  /** Calls at which it could have died. */
  readonly moments: number;
  runs: number;
  /** Runs in which that moment did not come. */
  missed: number;
  readonly found: Record<FindingKind, number>;
}

export interface Options {
  readonly seed: number;
  readonly workers: number;
  readonly log: (line: string) => void;
}

interface Failure {
  readonly name: string;
  readonly message: string;
}

export interface Report {
  readonly rows: readonly Row[];
  readonly failures: readonly Failure[];
}

const SMALL: DataSize = { files: 150, cards: 60, mails: 40, large: 2_500_000 };

export const sizeOf = (scenario: Scenario): DataSize => ({ ...SMALL, ...scenario.size });

export async function runFaults(jobs: readonly Job[], options: Options): Promise<Report> {
  const rows: Row[] = [];
  const failures: Failure[] = [];
  const work: { job: Job; row: Row; fault: Fault; number: number }[] = [];
  const first = await Stage.open();
  try {
    for (const job of jobs) {
      const counts = await countCalls(first, job, options);
      const moments = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const row: Row = {
        ...{ scenario: job.scenario.name, moments, runs: 0, missed: 0 },
        found: { loss: 0, double: 0, failure: 0 },
      };
      rows.push(row);
      options.log(`${job.scenario.name}: ${describe(counts)}`);
      for (const [number, fault] of drawFaults(
        counts,
        job.runs,
        `${options.seed} ${job.scenario.name}`,
      ).entries())
        work.push({ job, row, fault, number });
    }
    let done = 0;
    const all = work.length;
    const worker = async (stage: Stage): Promise<void> => {
      for (let one = work.shift(); one; one = work.shift()) {
        const { job, row, fault } = one;
        const failure = await runOne(stage, job, row, fault, options.seed);
        if (failure) failures.push(failure);
        done++;
        const state = failure ? `FAILED ${failure.message}` : 'held';
        if (failure || all <= 100 || done % 20 === 0)
          options.log(`${done}/${all} ${job.scenario.name}:${nameOf(fault)} ${state}`);
      }
    };
    const more = Array.from({ length: options.workers - 1 }, async () => {
      await using stage = await Stage.open();
      await worker(stage);
    });
    await Promise.all([worker(first), ...more]);
  } finally {
    await first[Symbol.asyncDispose]();
  }
  return { rows, failures };
}

/** One fault: `undefined` when everything held. */
async function runOne(
  stage: Stage,
  { scenario, size }: Job,
  row: Row,
  fault: Fault,
  seed: number,
): Promise<Failure | undefined> {
  row.runs++;
  try {
    const { signal } = await scenario.run(stage, fault, seed, size);
    if (signal !== 'SIGKILL') row.missed++;
    return undefined;
  } catch (error) {
    const kind = error instanceof Finding ? error.kind : 'failure';
    row.found[kind]++;
    const message =
      error instanceof Finding ? `${kind}: ${error.message}` : ((error as Error).stack ?? String(error));
    return { name: `${scenario.name}:${nameOf(fault)}`, message };
  }
}

async function countCalls(stage: Stage, { scenario, size }: Job, { seed }: Options): Promise<Counts> {
  const { counts } = await scenario.run(stage, {}, seed, size);
  if (!counts) throw new Error(`${scenario.name}: nothing was counted`);
  return counts;
}

const describe = (counts: Counts): string =>
  Object.entries(counts)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');

export function table({ rows, failures }: Report): string {
  const head = ['scenario', 'calls', 'runs', 'not reached', 'losses', 'doubles', 'failures'];
  const lines = rows.map(({ scenario, moments, runs, missed, found }) =>
    [scenario, moments, runs, missed, found.loss, found.double, found.failure].map(String),
  );
  const sum = (of: (row: Row) => number): string => `${rows.reduce((all, row) => all + of(row), 0)}`;
  const total = [
    ...['all', sum((row) => row.moments), sum((row) => row.runs), sum((row) => row.missed)],
    ...[sum(({ found }) => found.loss), sum(({ found }) => found.double), sum(({ found }) => found.failure)],
  ];
  const cells = [head, ...lines, total];
  const widths = head.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  const text = cells.map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
  return [...text, ...failures.map(({ name, message }) => `\n--only ${name}\n  ${message}`)].join('\n');
}
