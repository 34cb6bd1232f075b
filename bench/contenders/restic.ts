/** restic into a local repository, with its defaults; its cache lies beside the repository. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command, storedBytes } from '../measure/index.ts';
import type { Contender, Measured, Phase } from './contender.ts';
import { version } from './version.ts';

export const restic: Contender = {
  name: 'restic',

  async prepare() {
    return (await version('restic', ['version'])) ? undefined : 'restic is not installed: npm run provision';
  },

  async open(directory, source) {
    const [repository, password] = [join(directory, 'repository'), join(directory, 'password')];
    const target = join(directory, 'restored');
    const environment = {
      RESTIC_REPOSITORY: repository,
      RESTIC_PASSWORD_FILE: password,
      RESTIC_CACHE_DIR: join(directory, 'cache'),
    };
    await mkdir(directory, { recursive: true });
    await writeFile(password, 'not a secret\n', { mode: 0o600 });
    await command(['restic', 'init', '-q'], { environment });
    const backup = ['restic', 'backup', '-q', '.'];
    const words: { readonly [P in Phase]: readonly string[] } = {
      first: backup,
      unchanged: backup,
      changed: backup,
      restore: ['restic', 'restore', '-q', 'latest', '--target', target],
      verify: ['restic', 'check', '-q', '--read-data'],
    };
    return {
      restored: (folder) => join(target, folder),
      async run(phase: Phase): Promise<Measured> {
        const cost = await command(words[phase], { environment, directory: source });
        return { ...cost, stored: await storedBytes(repository) };
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
