/**
 * A command run to its end: wall time, CPU of it and all that it starts (user and system, all threads), peak memory.
 * Linux only: the shell's `times` counts what its children used, /proc says how large they grew.
 */
import { spawn } from 'node:child_process';
import { whenInterrupted } from './ending.ts';
import { peakOfChildren } from './processes.ts';

export interface Cost {
  /** Seconds. */
  readonly wall: number;
  /** Seconds, user and system. */
  readonly cpu: number;
  /** Bytes: the largest resident set; of processes at work at the same time, their sum. */
  readonly peak: number;
}

export interface Ended extends Cost {
  readonly output: string;
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** What it says goes nowhere, as into a file: lists of a million lines cost us nothing. */
  readonly quiet?: boolean;
}

/** Runs the command, then says on descriptor 3 what its children used. Its exit code is that of the command. */
const SCRIPT = '"$@" 3>&-; code=$?; times >&3; exit $code';

/** How often the sizes of the processes are looked at, in ms. The kernel keeps the peak: only the end can be missed. */
const LOOK = 10;

/** @throws Error with what the command said, unless it ends with 0 */
export async function command(words: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const began = performance.now();
  const shell = spawn('sh', ['-c', SCRIPT, 'sh', ...words], {
    stdio: ['ignore', options.quiet ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
  });
  const settled = whenInterrupted(() => shell.kill('SIGKILL'));
  const texts = ['', '', '', ''];
  for (const number of [1, 2, 3])
    (shell.stdio[number] as NodeJS.ReadableStream | null)?.on('data', (some: Buffer) => {
      texts[number] += some.toString();
    });
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, peakOfChildren(shell.pid!));
  }, LOOK);
  const code = await new Promise<number | null>((resolve, reject) => {
    shell.on('error', reject).on('close', resolve);
  }).finally(() => {
    clearInterval(look);
    settled();
  });
  const wall = (performance.now() - began) / 1000;
  const [, output = '', errors = '', times = ''] = texts;
  if (code !== 0) throw new Error(`${words.join(' ')}: exit ${code}\n${output}${errors}`);
  return { wall, cpu: childCpu(times), peak, output };
}

/** POSIX `times`: user and system of the shell, then of its children, as `0m1.25s`. */
function childCpu(times: string): number {
  const seconds = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s));
  if (seconds.length !== 4) throw new Error(`the shell's times are not understood: ${times}`);
  return seconds[2]! + seconds[3]!;
}
