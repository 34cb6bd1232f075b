/** SoftHSM 2: tokens in a folder of their own. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const MODULES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'];

export const PIN = '123456';
export const SO_PIN = '12345678';

export interface SoftHsm {
  readonly module: string;
  /** Makes a token. */
  add(label: string): void;
  /** Takes all tokens out of their slots; a module that is loaded later finds none. */
  remove(): void;
  putBack(): void;
  [Symbol.dispose](): void;
}

/** pkcs11js, as it is after compiling. */
const ADDON = join(import.meta.dirname, '../../../node_modules/pkcs11js/build/Release/pkcs11.node');

/** Why no token can be used at all; undefined when one can. */
export const pkcs11Missing = (): string | undefined =>
  existsSync(ADDON) ? undefined : 'pkcs11js is not compiled (npm run provision)';

/** Why there is none here; undefined when there is. */
export const softHsmMissing = (): string | undefined =>
  MODULES.some(existsSync) && isOnPath('softhsm2-util')
    ? pkcs11Missing()
    : 'softhsm2 is not installed (npm run provision)';

/** Sets `SOFTHSM2_CONF` of this process until it is disposed. */
export function startSoftHsm(...labels: readonly string[]): SoftHsm {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-softhsm-'));
  const [tokens, away] = [join(folder, 'tokens'), join(folder, 'away')];
  mkdirSync(tokens);
  const conf = join(folder, 'softhsm2.conf');
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const before = process.env.SOFTHSM2_CONF;
  process.env.SOFTHSM2_CONF = conf;
  const hsm: SoftHsm = {
    module: MODULES.find(existsSync)!,
    add(label) {
      const args = ['--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', SO_PIN];
      execFileSync('softhsm2-util', args, { stdio: 'pipe' });
    },
    remove: () => {
      renameSync(tokens, away);
      mkdirSync(tokens);
    },
    putBack: () => {
      rmSync(tokens, { recursive: true });
      renameSync(away, tokens);
    },
    [Symbol.dispose]() {
      if (before === undefined) delete process.env.SOFTHSM2_CONF;
      else process.env.SOFTHSM2_CONF = before;
      rmSync(folder, { recursive: true });
    },
  };
  for (const label of labels) hsm.add(label);
  return hsm;
}

export const isOnPath = (binary: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, binary)));
