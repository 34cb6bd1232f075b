/** `npm run bench`: Holdfast beside what one would use instead, on the same files in the same run. */
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from './contenders/holdfast/index.ts';
import { type Contender, contenders, own, phases } from './contenders/index.ts';
import { sizes } from './data/index.ts';
import { cpuOfStart, describeMachine, temporary } from './measure/index.ts';
import { type BenchOptions, readOptions, UsageError } from './options.ts';
import { compare, describeReport, type Report, type Run, writeInto } from './report/index.ts';
import { type Bench, type Plan, profilePhases, scenarios } from './scenarios/index.ts';

const words = process.argv.slice(2);
try {
  if (words.includes('--devices')) await (await import('./devices/index.ts')).main(words);
  else await main(readOptions(words));
} catch (error) {
  const usage = error instanceof UsageError;
  console.error(`bench: ${explain(error)}${usage ? `\n\n${error.usage}` : ''}`);
  process.exitCode = usage ? 2 : 1;
}

async function main(options: BenchOptions): Promise<void> {
  if (options.compare) {
    const [older, newer] = await Promise.all(options.compare.map(readReport));
    console.log(compare(older!, newer!));
    return;
  }
  const plan = scenarios[options.size];
  await using directory = await temporary(options.dir ?? tmpdir(), 'holdfast-bench');
  const report = await measure(options, plan, directory.path);
  const json = `${JSON.stringify(report, undefined, 2)}\n`;
  if (options.out !== undefined) await writeFile(options.out, json);
  console.log(options.json ? json : describeReport(report));
  if (options.write)
    await writeInto(join(import.meta.dirname, 'README.md'), `run of ${options.size}`, describeReport(report));
}

async function measure(options: BenchOptions, plan: Plan, directory: string): Promise<Report> {
  const machine = describeMachine(directory);
  const prepared = await prepare(options.only.length > 0 ? options.only : plan.contenders, directory);
  const bench: Bench = {
    directory,
    contenders: [...prepared.keys()],
    repetitions: options.repetitions ?? plan.repetitions,
    ...{ scale: options.scale, until: options.until, say },
  };
  const ours = bench.contenders.includes(own) ? await start(directory) : undefined;
  const runs = await plan.run(bench);
  return {
    v: 2,
    date: new Date().toISOString().slice(0, 10),
    size: options.scale === 1 ? options.size : `${options.size} × ${options.scale}`,
    machine,
    contenders: Object.fromEntries(
      [...prepared].map(([{ name, durable }, version]) => [name, { version, durable }]),
    ),
    ...(ours ? { start: ours } : {}),
    runs:
      options.profile && ours
        ? await profiled(bench, runs, options.profiles ?? join(directory, 'profiles'))
        : runs,
  };
}

/** Contenders that can run, and their versions. */
async function prepare(
  only: readonly string[] | undefined,
  directory: string,
): Promise<Map<Contender, string>> {
  const taking = new Map<Contender, string>();
  for (const contender of contenders) {
    if (only && !only.includes(contender.name)) continue;
    const found = await contender.prepare(join(directory, 'program'));
    if ('version' in found) taking.set(contender, found.version);
    else say(`not measured: ${found.missing}`);
  }
  if (taking.size === 0)
    throw new UsageError(
      `there is nobody to measure; contenders: ${contenders.map(({ name }) => name).join(', ')}`,
    );
  return taking;
}

async function start(directory: string): Promise<NonNullable<Report['start']>> {
  const { program } = await install(join(directory, 'program'));
  return {
    holdfast: await cpuOfStart([process.execPath, program, '--version']),
    node: await cpuOfStart([process.execPath, '-e', '0']),
  };
}

/** Only the largest amount: where the time goes is asked of that. */
async function profiled(bench: Bench, runs: readonly Run[], directory: string): Promise<readonly Run[]> {
  const last = runs.at(-1);
  const size = (Object.keys(sizes) as (keyof typeof sizes)[]).find((name) => name === last?.label);
  if (!last || size === undefined) return runs;
  const wanted = phases.filter((phase) => last.results.some((result) => result.phase === phase));
  return [...runs.slice(0, -1), { ...last, dominates: await profilePhases(bench, size, wanted, directory) }];
}

async function readReport(path: string): Promise<Report> {
  const report = JSON.parse(await readFile(path, 'utf8')) as Report;
  if (report.v !== 2) throw new UsageError(`${path} is no report of this version`);
  return report;
}

/** What went wrong first, then what went wrong while that was cleaned up. */
function explain(error: unknown): string {
  if (error instanceof SuppressedError)
    return `${explain(error.suppressed)}\nand then: ${explain(error.error)}`;
  return (error as Error).message;
}

function say(line: string): void {
  console.error(line);
}
