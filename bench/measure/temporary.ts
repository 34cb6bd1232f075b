import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { whenInterrupted } from './ending.ts';

export interface Temporary extends AsyncDisposable {
  readonly path: string;
}

/** A new directory that is gone at the end, whatever ends it. */
export async function temporary(below: string, name: string): Promise<Temporary> {
  const path = await mkdtemp(join(below, `${name}-`));
  const settled = whenInterrupted(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      settled();
    },
  };
}
