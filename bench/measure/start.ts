import { command } from './command.ts';

const TIMES = 10;
const SCRIPT = `n=0; while [ $n -lt ${TIMES} ]; do "$@" >/dev/null; n=$((n + 1)); done`;

/** Seconds of CPU that a command takes, on average over ten runs. */
export async function cpuOfStart(words: readonly string[]): Promise<number> {
  await command(words, { quiet: true });
  return (await command(['sh', '-c', SCRIPT, 'sh', ...words], { quiet: true })).cpu / TIMES;
}
