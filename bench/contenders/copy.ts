/** `cp -r`: no encryption, no history, made durable at once. The floor that file creation sets. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from './contender.ts';
import { localSession } from './session.ts';
import { version } from './version.ts';

export const copy: Contender = {
  name: 'cp -r',
  durable: 'everything (one barrier at its end, `sync -f`)',

  prepare: async () => ({ version: (await version('cp', ['--version'])) ?? 'cp' }),

  async open(directory, source) {
    const to = join(directory, 'copy');
    await mkdir(directory, { recursive: true });
    return localSession(directory, to, (phase, _, target) => {
      if (phase === 'first') return { words: ['sh', '-c', 'cp -r "$0" "$1" && sync -f "$1"', source, to] };
      // A copy of the tree as it is now: what a restore brings back, too.
      if (phase === 'restore') return { words: ['cp', '-r', `${source}/.`, target] };
      return undefined;
    });
  },
};
