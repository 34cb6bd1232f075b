import { parseArgs } from 'node:util';
import { type Phase, phases } from './contenders/index.ts';
import { type Size, sizes } from './data/index.ts';

export interface BenchOptions {
  readonly size: Size;
  readonly repetitions: number;
  readonly json: boolean;
  /** Phases up to and with this one. */
  readonly until: Phase;
  /** Names of contenders; all unless told. */
  readonly only: readonly string[];
  /** Directory for CPU profiles of the device. */
  readonly profile?: string;
}

const USAGE = `usage: npm run bench -- [--size ${Object.keys(sizes).join('|')}] [--repetitions N] [--until ${phases.join('|')}]
                        [--only NAME]... [--profile DIR] [--json]
  --size         s: 12,000 items and 7 photos (default); goal: 100,000 items and 50 photos
  --repetitions  3 unless told; the table shows medians
  --until        stop after this phase
  --only         holdfast, restic, 'cp -r'; may be repeated
  --profile      CPU profiles of the device, one a phase (of the last repetition); slows it down
  --json         everything measured, as JSON`;

export class UsageError extends Error {
  readonly usage = USAGE;
}

/** @throws UsageError that says what is wrong */
export function readOptions(words: readonly string[]): BenchOptions {
  const values = parse(words);
  const { size, until, only, json, profile } = values;
  const repetitions = Number(values.repetitions);
  if (!isOneOf(size, Object.keys(sizes) as Size[]))
    throw new UsageError(`--size ${size}: there is no such size`);
  if (!isOneOf(until, phases)) throw new UsageError(`--until ${until}: there is no such phase`);
  if (!Number.isInteger(repetitions) || repetitions < 1)
    throw new UsageError(`--repetitions ${values.repetitions}: a whole number from 1 on`);
  return { size, repetitions, json, until, only, ...(profile === undefined ? {} : { profile }) };
}

const isOneOf = <T extends string>(value: string, all: readonly T[]): value is T =>
  (all as readonly string[]).includes(value);

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        size: { type: 'string', default: 's' },
        repetitions: { type: 'string', default: '3' },
        until: { type: 'string', default: 'verify' },
        only: { type: 'string', multiple: true, default: [] },
        profile: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
