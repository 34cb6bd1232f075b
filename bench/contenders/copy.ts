/** `cp -r`: no encryption, no history, nothing made durable. The floor that file creation sets. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command, storedBytes } from '../measure/index.ts';
import type { Contender, Measured, Phase } from './contender.ts';

export const copy: Contender = {
  name: 'cp -r',
  prepare: async () => undefined,

  async open(directory, source) {
    const [to, back] = [join(directory, 'copy'), join(directory, 'restored')];
    await mkdir(directory, { recursive: true });
    return {
      restored: (folder) => join(back, folder),
      async run(phase: Phase): Promise<Measured | undefined> {
        if (phase !== 'first' && phase !== 'restore') return undefined;
        const cost = await command(phase === 'first' ? ['cp', '-r', source, to] : ['cp', '-r', source, back]);
        return { ...cost, stored: await storedBytes(to) };
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
