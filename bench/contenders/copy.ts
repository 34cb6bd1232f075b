/** `cp -r`: no encryption, no history, nothing made durable. The floor that file creation sets. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from './contender.ts';
import { localSession } from './session.ts';
import { version } from './version.ts';

export const copy: Contender = {
  name: 'cp -r',
  durable: 'nothing: all of it may still be in memory',

  prepare: async () => ({ version: (await version('cp', ['--version'])) ?? 'cp' }),

  async open(directory, source) {
    const to = join(directory, 'copy');
    await mkdir(directory, { recursive: true });
    return localSession(directory, to, (phase, _, target) => {
      if (phase === 'first') return { words: ['cp', '-r', source, to] };
      // A copy of the tree as it is now: what a restore brings back, too.
      if (phase === 'restore') return { words: ['cp', '-r', `${source}/.`, target] };
      return undefined;
    });
  },
};
