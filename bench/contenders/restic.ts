/** restic into a local repository, with its defaults; its cache lies beside the repository. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../measure/index.ts';
import type { Contender, Phase } from './contender.ts';
import { localSession } from './session.ts';
import { version } from './version.ts';

export const restic: Contender = {
  name: 'restic',
  durable: 'each pack, index and snapshot, file and folder (fsync)',

  async prepare() {
    const found = await version('restic', ['version']);
    return found ? { version: found } : { missing: 'restic is not installed: npm run provision' };
  },

  async open(directory, source) {
    const [repository, password] = [join(directory, 'repository'), join(directory, 'password')];
    const environment = {
      RESTIC_REPOSITORY: repository,
      RESTIC_PASSWORD_FILE: password,
      RESTIC_CACHE_DIR: join(directory, 'cache'),
    };
    await mkdir(directory, { recursive: true });
    await writeFile(password, 'not a secret\n', { mode: 0o600 });
    await command(['restic', 'init', '-q'], { environment });
    return localSession(directory, repository, (phase, item, target) => ({
      words: ['restic', ...words(phase, item, target)],
      environment,
      directory: source,
    }));
  },
};

function words(phase: Phase, item: string, target: string): string[] {
  switch (phase) {
    case 'first':
    case 'unchanged':
    case 'changed':
      return ['backup', '-q', '.'];
    case 'sets':
      return ['snapshots', '-q', '--json'];
    case 'list':
      return ['ls', '-q', 'latest'];
    case 'item':
      return ['restore', '-q', 'latest', '--include', `/${item}`, '--target', target];
    case 'restore':
      return ['restore', '-q', 'latest', '--target', target];
    case 'verify':
      return ['check', '-q', '--read-data'];
    case 'prune':
      return ['forget', '-q', '--keep-last', '1', '--prune'];
  }
}
