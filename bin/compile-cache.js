// Compiled modules are kept between commands: a fifth less to do before the first line of work.
import { lstatSync, mkdirSync } from 'node:fs';
import * as module from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * What lies in the cache is executed. So it is never in a shared directory, and one that belongs to somebody else, or
 * that others can write to, is not used: `sudo` for one may leave the home directory of another account in place.
 */
export function useCompileCache(environment = process.env) {
  if (environment.NODE_DISABLE_COMPILE_CACHE || environment.NODE_COMPILE_CACHE) return;
  if (!process.geteuid || !module.enableCompileCache) return;
  try {
    const home = environment.XDG_CACHE_HOME;
    const directory = join(home && isAbsolute(home) ? home : join(homedir(), '.cache'), 'holdfast');
    const found = lstatSync(directory, { throwIfNoEntry: false }) ?? made(directory);
    const ours = found.isDirectory() && found.uid === process.geteuid() && (found.mode & 0o022) === 0;
    if (ours) module.enableCompileCache(join(directory, 'compiled'));
  } catch {
    // No home, or a full or read-only one: everything works without.
  }
}

function made(directory) {
  mkdirSync(directory, { mode: 0o700 });
  return lstatSync(directory);
}
