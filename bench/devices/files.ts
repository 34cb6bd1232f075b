/** So many connections need as many open files: of the server one for each device, and some more. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const MORE = 2000;

/**
 * @returns undefined when the limit is high enough; otherwise the exit code of this same command, run again under a
 * higher one
 * @throws Error that says what to do when it cannot be raised
 */
export function withFiles(devices: number): number | undefined {
  const needed = devices + MORE;
  if (hardLimit() >= needed) return undefined;
  const raise = `ulimit -n ${needed} || exit 77; exec "$@"`;
  const { status } = spawnSync('sh', ['-c', raise, 'sh', process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  if (status !== 77) return status ?? 1;
  throw new Error(
    `${devices} devices need ${needed} open files in a process, and the limit here is ${hardLimit()}: as root run \`ulimit -n ${needed}\` first, or take fewer devices`,
  );
}

/** Node raises the soft limit to the hard one by itself. */
function hardLimit(): number {
  const line = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return line === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line ?? 0);
}
