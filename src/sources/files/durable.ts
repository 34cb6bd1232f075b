/** Durability: one barrier for many files instead of an fsync for each. */
import { execFile } from 'node:child_process';
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { type BytePath, fsPath, shown } from './path.ts';

const run = promisify(execFile);

/** Makes names in a directory durable: what was renamed into it stays there. */
export function syncDirectory(path: BytePath): void {
  const fd = openSync(fsPath(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes everything written to the file system of a directory durable. Node has no `syncfs`; the `sync` of GNU
 * coreutils and busybox has (`sync -f`). Where it is missing, plain `sync` is tried, which on every Unix at least
 * starts the writing of all file systems.
 */
export function flush(directory: BytePath): Promise<void> {
  const { dev } = statSync(fsPath(directory));
  let next = soon.get(dev);
  if (!next) {
    // Whoever asks before it begins shares it: a restore writes into many directories and ends all of them at once.
    next = Promise.resolve().then(() => {
      soon.delete(dev);
      return sync(shown(directory));
    });
    soon.set(dev, next);
  }
  return next;
}

/** Not begun yet, by device. */
const soon = new Map<number, Promise<void>>();

async function sync(path: string): Promise<void> {
  try {
    // The path goes by the working directory: as an argument it might not be UTF-8, or look like an option.
    await run('sync', ['-f', '.'], { cwd: path, env: { PATH: process.env.PATH ?? '/usr/bin:/bin' } });
  } catch {
    await run('sync', []);
  }
}
