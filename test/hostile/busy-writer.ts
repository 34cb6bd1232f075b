/**
 * An application at work, as a process of its own: it replaces, appends to, truncates, renames and removes files in the
 * directory that it is given, until it is told to stop.
 */
import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pick, seeded } from '../world/data.ts';

const directory = process.argv[2] ?? '';
const random = seeded(Number(process.argv[3] ?? '1'));
let version = 0;

/** One version of a file: nothing but its number, so that a mixture is seen. */
const whole = (length: number): string => `${++version} `.repeat(Math.ceil(length / 6)).slice(0, length);

const acts: readonly (() => void)[] = [
  () => {
    const size = [0, 9_000, 400_000, 3_000_000][pick(random, 4)] ?? 0;
    writeFileSync(join(directory, '.being written'), whole(size));
    renameSync(join(directory, '.being written'), join(directory, `replaced ${pick(random, 6)}`));
  },
  () => appendFileSync(join(directory, 'log'), `line ${++version}\n`.repeat(2_000)),
  () => appendFileSync(join(directory, 'short log'), `line ${++version}\n`),
  () => {
    writeFileSync(join(directory, 'truncated'), whole(2_000_000));
    truncateSync(join(directory, 'truncated'), pick(random, 1_500_000));
  },
  () => rmSync(join(directory, `replaced ${pick(random, 6)}`), { force: true }),
  () => {
    const body = `Subject: ${++version}\n\n${'text of the message\n'.repeat(pick(random, 4_000))}\n`;
    appendFileSync(join(directory, 'mail.mbox'), `From a@example.org Thu Jan  1 00:00:00 2026\n${body}`);
  },
];

process.on('message', () => process.exit(0));
process.send?.('at work');
setInterval(() => acts[pick(random, acts.length)]?.(), 4);
