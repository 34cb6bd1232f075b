/** borg into a local repository (repokey), with its defaults; cache and keys lie beside the repository. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../measure/index.ts';
import type { Contender } from './contender.ts';
import { localSession } from './session.ts';
import { version } from './version.ts';

export const borg: Contender = {
  name: 'borg',
  durable: 'each segment of the repository, file and folder, and its manifest (fsync)',

  async prepare() {
    const found = await version('borg', ['--version']);
    return found ? { version: found } : { missing: 'borg is not installed: npm run provision' };
  },

  async open(directory, source) {
    const repository = join(directory, 'repository');
    const environment = {
      BORG_REPO: repository,
      BORG_BASE_DIR: join(directory, 'base'),
      BORG_PASSPHRASE: 'not a secret',
    };
    await mkdir(directory, { recursive: true });
    await command(['borg', 'init', '--encryption=repokey'], { environment });
    let made = 0;
    const create = () => ({ words: ['borg', 'create', `::${++made}`, '.'], environment, directory: source });
    return localSession(directory, repository, (phase, item, target) => {
      const within = (words: string[], where = source) => ({ words, environment, directory: where });
      switch (phase) {
        case 'first':
        case 'unchanged':
        case 'changed':
          return create();
        case 'sets':
          return within(['borg', 'list']);
        case 'list':
          return within(['borg', 'list', `::${made}`]);
        case 'item':
          return within(['borg', 'extract', `::${made}`, item], target);
        case 'restore':
          return within(['borg', 'extract', `::${made}`], target);
        case 'verify':
          return within(['borg', 'check', '--verify-data']);
        case 'prune':
          return within(['sh', '-c', 'borg prune --keep-last 1 && borg compact']);
        default:
          return undefined;
      }
    });
  },
};
