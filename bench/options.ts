import { parseArgs } from 'node:util';
import { type Phase, phases } from './contenders/index.ts';
import { type ScenarioName, scenarioNames } from './scenarios/names.ts';

export interface BenchOptions {
  readonly size: ScenarioName;
  /** Multiplies the amounts: for trying the benchmarks themselves. */
  readonly scale: number;
  /** Undefined: as the size says. */
  readonly repetitions?: number;
  /** Phases up to and with this one. */
  readonly until: Phase;
  /** Names of contenders; as the size says unless told. */
  readonly only: readonly string[];
  /** Everything measured goes to stdout as JSON, instead of the table. */
  readonly json: boolean;
  /** File for the same JSON. */
  readonly out?: string;
  /** The table goes into bench/README.md. */
  readonly write: boolean;
  /** One more repetition with a CPU profile of each phase; its files stay there, where a directory is named. */
  readonly profile: boolean;
  readonly profiles?: string;
  /** Directory that everything is written below. */
  readonly dir?: string;
  /** Two files made by --out, older first. */
  readonly compare?: readonly [string, string];
}

const USAGE = `usage: npm run bench -- [--size ${scenarioNames.join('|')}] [--repetitions N]
                        [--until ${phases.join('|')}] [--only NAME]... [--scale F]
                        [--profile | --profiles DIR] [--json] [--out FILE] [--write] [--dir DIR]
       npm run bench -- --compare OLDER.json NEWER.json
       npm run bench -- --devices N        (bench/devices/; its own flags: --devices N --help)
  --size         s: 12,000 items, 20 MB (default); m: 60,000, 250 MB; goal: 100,000, 150 MB; growth: 10,000 to
                 1,000,000; huge: one file of 5 GB; sets: 500 sets in a chain; xs: to try it out
  --repetitions  the table shows medians; 3 unless told, 1 for growth, huge and sets
  --only         a contender by its name, as the table shows it; may be repeated
  --scale        so many times the items, bytes and sets
  --profile      one more repetition with CPU profiles; the table then says what dominates each phase
  --json --out   everything measured, on stdout or into a file, for --compare
  --write        the table replaces that of the same size in bench/README.md (implies --profile)
  --dir          where everything lies, on the disk that is to be measured; default: the system's temporary directory`;

export class UsageError extends Error {
  readonly usage: string;
  constructor(message: string, usage = USAGE) {
    super(message);
    this.usage = usage;
  }
}

/** @throws UsageError that says what is wrong */
export function readOptions(words: readonly string[]): BenchOptions {
  const { values, positionals } = parse(words);
  const { size, until, only, json, out, write, dir, profiles } = values;
  if (values.help) throw new UsageError('what can be said:');
  const [scale, repetitions] = [Number(values.scale), Number(values.repetitions ?? '1')];
  if (!isOneOf(size, scenarioNames)) throw new UsageError(`--size ${size}: there is no such size`);
  if (!isOneOf(until, phases)) throw new UsageError(`--until ${until}: there is no such phase`);
  if (!(scale > 0)) throw new UsageError(`--scale ${values.scale}: a number above 0`);
  if (!Number.isInteger(repetitions) || repetitions < 1)
    throw new UsageError(`--repetitions ${values.repetitions}: a whole number from 1 on`);
  const [older, newer] = positionals;
  if (positionals.length !== (values.compare ? 2 : 0))
    throw new UsageError(`--compare OLDER.json NEWER.json: two files, and nothing else`);
  return {
    ...{ size, scale, until, only, json, write, profile: values.profile || write || profiles !== undefined },
    ...(values.repetitions === undefined ? {} : { repetitions }),
    ...(out === undefined ? {} : { out }),
    ...(dir === undefined ? {} : { dir }),
    ...(profiles === undefined ? {} : { profiles }),
    ...(older === undefined || newer === undefined ? {} : { compare: [older, newer] as const }),
  };
}

const isOneOf = <T extends string>(value: string, all: readonly T[]): value is T =>
  (all as readonly string[]).includes(value);

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        size: { type: 'string', default: 's' },
        scale: { type: 'string', default: '1' },
        repetitions: { type: 'string' },
        until: { type: 'string', default: 'prune' },
        only: { type: 'string', multiple: true, default: [] },
        profile: { type: 'boolean', default: false },
        profiles: { type: 'string' },
        json: { type: 'boolean', default: false },
        out: { type: 'string' },
        write: { type: 'boolean', default: false },
        dir: { type: 'string' },
        compare: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
