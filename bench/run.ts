/** `npm run bench`: Holdfast beside what one would use instead, on the same files in the same run. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Contender,
  contenders,
  type Measured,
  type Phase,
  phases,
  type Session,
} from './contenders/index.ts';
import { version } from './contenders/version.ts';
import { folders, Tree } from './data/index.ts';
import { sameTrees } from './measure/index.ts';
import { type BenchOptions, readOptions, UsageError } from './options.ts';
import { machine, type Result, table } from './report.ts';

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  const usage = error instanceof UsageError;
  console.error(`bench: ${(error as Error).message}${usage ? `\n\n${error.usage}` : ''}`);
  process.exitCode = usage ? 2 : 1;
}

async function main(options: BenchOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    const taking = await prepare(options.only, directory);
    say(`data of size ${options.size} in ${directory}`);
    const { tree, amount } = await Tree.make(join(directory, 'source'), options.size);
    const restic = await version('restic', ['version']);
    const on = machine(restic === undefined ? {} : { restic });
    const results = await measure(options, taking, tree, join(directory, 'run'));
    const report = { machine: on, size: options.size, amount, results };
    console.log(options.json ? JSON.stringify(report, undefined, 2) : table(report));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function say(line: string): void {
  console.error(line);
}

async function prepare(only: readonly string[], directory: string): Promise<Contender[]> {
  const taking: Contender[] = [];
  for (const contender of contenders) {
    if (only.length > 0 && !only.includes(contender.name)) continue;
    const missing = await contender.prepare(join(directory, `program-${plain(contender.name)}`));
    if (missing === undefined) taking.push(contender);
    else say(`not measured: ${missing}`);
  }
  if (taking.length === 0) throw new UsageError('there is nobody to measure');
  return taking;
}

function plain(name: string): string {
  return name.replaceAll(/\W/g, '');
}

/** Repetitions are interleaved: what disturbs the machine for a while disturbs all. */
async function measure(
  options: BenchOptions,
  taking: readonly Contender[],
  tree: Tree,
  directory: string,
): Promise<Result[]> {
  const found = new Map<string, Measured[]>();
  const wanted = phases.slice(0, phases.indexOf(options.until) + 1);
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    await using sessions = new AsyncDisposableStack();
    const open = new Map<Contender, Session>();
    for (const contender of taking) {
      const place = join(directory, plain(contender.name));
      open.set(contender, sessions.use(await contender.open(place, tree.root, options)));
    }
    for (const phase of wanted) {
      if (phase === 'changed') await tree.changeOnePercent();
      for (const contender of rotated(taking, repetition)) {
        settle();
        const measured = await open.get(contender)!.run(phase);
        if (!measured) continue;
        say(
          `${repetition + 1}/${options.repetitions} ${phase} ${contender.name}: ${measured.wall.toFixed(2)} s ${programs(measured)}`,
        );
        const key = JSON.stringify([phase, contender.name]);
        found.set(key, [...(found.get(key) ?? []), measured]);
        if (phase === 'restore') await check(contender, open.get(contender)!, tree);
      }
    }
    await sessions.disposeAsync();
    await rm(directory, { recursive: true, force: true });
  }
  return [...found].map(([key, measured]) => {
    const [phase, contender] = JSON.parse(key) as [Phase, string];
    return { phase, contender, measured };
  });
}

function programs({ programs: by = {} }: Measured): string {
  return Object.entries(by)
    .map(([name, cpu]) => `${name} ${cpu.toFixed(2)}`)
    .join(', ');
}

/** Each begins one repetition first. */
function rotated<T>(all: readonly T[], by: number): T[] {
  return all.map((_, i) => all[(i + by) % all.length]!);
}

/** What one wrote must not be what the next one waits for: everything is on disk before. */
function settle(): void {
  execFileSync('sync');
}

/** A restore that does not bring back the same bytes is not measured but reported. */
async function check(contender: Contender, session: Session, tree: Tree): Promise<void> {
  for (const { folder } of folders)
    if (!(await sameTrees(join(tree.root, folder), session.restored(folder))))
      throw new Error(`${contender.name}: ${folder} was not restored as it was`);
}
