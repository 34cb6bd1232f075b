/**
 * `tar | zstd | age`: one encrypted file, made anew each time. No history, nothing incremental, no way to one item but
 * through all of it: the least that an encrypted backup can cost.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../measure/index.ts';
import type { Contender, Phase } from './contender.ts';
import { localSession } from './session.ts';
import { version } from './version.ts';

/** `sync FILE` is the fsync that the others do too. */
const MAKE = 'tar -c . | zstd -q | age -r "$RECIPIENT" -o "$FILE" && sync "$FILE"';
const OPEN = 'age -d -i "$KEY" "$FILE" | zstd -dq';

const scripts: { readonly [P in Phase]?: string } = {
  first: MAKE,
  unchanged: MAKE,
  changed: MAKE,
  list: `${OPEN} | tar -tv`,
  item: `${OPEN} | tar -x -C "$TARGET" "./$ITEM"`,
  restore: `${OPEN} | tar -x -C "$TARGET"`,
  verify: `${OPEN} | tar -t`,
};

export const archive: Contender = {
  name: 'tar+zstd+age',
  durable: 'the file (fsync at its end)',

  async prepare() {
    const [bash, age, zstd] = await Promise.all([
      version('bash', ['--version']),
      version('age', ['--version']),
      version('zstd', ['--version']),
    ]);
    if (!bash || !age || !zstd) return { missing: 'bash, age or zstd is not installed: npm run provision' };
    const short = /v[\d.]+/.exec(zstd)?.[0] ?? zstd;
    return { version: `age ${age}, zstd ${short}` };
  },

  async open(directory, source) {
    const [file, key] = [join(directory, 'archive.tar.zst.age'), join(directory, 'key')];
    await mkdir(directory, { recursive: true });
    await command(['age-keygen', '-o', key]);
    const recipient = /public key: (\S+)/.exec(await readFile(key, 'utf8'))?.[1] ?? '';
    return localSession(directory, file, (phase, item) => {
      const script = scripts[phase];
      if (script === undefined) return undefined;
      const environment = { FILE: file, KEY: key, RECIPIENT: recipient, ITEM: item };
      return {
        words: ['bash', '-c', `set -o pipefail; ${script}`],
        environment,
        directory: source,
      };
    });
  },
};
