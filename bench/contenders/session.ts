/** A session of a contender that works on a local repository: each phase is one command. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandOptions, command, storedBytes } from '../measure/index.ts';
import type { Phase, Session } from './contender.ts';

export interface LocalCommand extends CommandOptions {
  readonly words: readonly string[];
}

/** Ours waits at the end of a restore until everything is on disk: so do the others here. */
const DURABLY = '"$@" && sync -f "$TARGET"';

/**
 * @param repository a directory or a file
 * @param words the command of a phase; `target` is an empty directory for what it restores
 */
export function localSession(
  directory: string,
  repository: string,
  words: (phase: Phase, item: string, target: string) => LocalCommand | undefined,
): Session {
  const target = (phase: Phase): string => join(directory, `restored-${phase}`);
  let stored = 0;
  return {
    target,
    restored: (phase, folder) => join(target(phase), folder),
    async run(phase, item) {
      const found = words(phase, item, target(phase));
      if (!found) return undefined;
      const restores = phase === 'restore' || phase === 'item';
      if (restores) await mkdir(target(phase), { recursive: true });
      const before = stored;
      const { wall, cpu, peak } = await command(
        restores ? ['sh', '-c', DURABLY, 'sh', ...found.words] : found.words,
        { ...found, environment: { ...found.environment, TARGET: target(phase) }, quiet: true },
      );
      stored = await storedBytes(repository);
      return { wall, cpu, peak, stored, added: stored - before };
    },
    async [Symbol.asyncDispose]() {},
  };
}
