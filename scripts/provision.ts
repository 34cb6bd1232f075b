/**
 * Debian packages that tests and benchmarks use as real counterparts. Installs what is missing when it may;
 * otherwise says the command. Then compiles pkcs11js, which only tokens need. Nothing here is needed to run Holdfast.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { buildPkcs11js } from './build-pkcs11js.ts';

interface Package {
  readonly name: string;
  /** Where this is on the PATH, or a file of this name, the package is there. */
  readonly binary: string;
  readonly why: string;
}

const packages: readonly Package[] = [
  { name: 'restic', binary: 'restic', why: 'bench/ measures a backup of the same files beside ours' },
  { name: 'borgbackup', binary: 'borg', why: 'bench/ measures a backup of the same files beside ours' },
  { name: 'age', binary: 'age', why: 'bench/ measures tar | zstd | age beside ours' },
  { name: 'zstd', binary: 'zstd', why: 'bench/ measures tar | zstd | age beside ours' },
  { name: 'openssl', binary: 'openssl', why: 'bench/ measures over TLS, with a certificate of its own' },
  { name: 'zsh', binary: 'zsh', why: 'the completion script is read by the real shell' },
  { name: 'fish', binary: 'fish', why: 'the completion script is read by the real shell' },
  { name: 'build-essential', binary: 'g++', why: 'pkcs11js, for tokens, is compiled' },
  {
    name: 'python3',
    binary: '/usr/bin/python3',
    why: 'node-gyp compiles by it; it opens envelopes independently',
  },
  {
    name: 'python3-jwcrypto',
    binary: '/usr/lib/python3/dist-packages/jwcrypto',
    why: 'opens envelopes independently',
  },
  { name: 'softhsm2', binary: 'softhsm2-util', why: 'ways in on a PKCS#11 token' },
  { name: 'pcscd', binary: 'pcscd', why: 'ways in on a smart card' },
  { name: 'vsmartcard-vpcd', binary: '/etc/reader.conf.d/vpcd', why: 'the reader that a virtual card is in' },
  { name: 'opensc', binary: 'pkcs11-tool', why: 'ways in on a PIV card' },
  { name: 'openssl', binary: 'openssl', why: 'keys and certificates on cards' },
  { name: 'iproute2', binary: 'ip', why: 'the card reader has a network of its own' },
  { name: 'util-linux', binary: 'unshare', why: 'the card reader has a network of its own' },
];

const missing = packages.filter(({ binary }) => !isOnPath(binary));
for (const { name, why } of missing) console.log(`missing: ${name} (${why})`);
if (missing.length > 0) process.exitCode = install(missing.map(({ name }) => name));
const failed = buildPkcs11js();
if (failed) {
  console.log(`pkcs11js is not compiled, so tests of tokens do not run: ${failed}`);
  if (process.env.CI === 'true') process.exitCode = 1;
}

function install(names: readonly string[]): number {
  const steps = [
    ['apt-get', 'update', '-q'],
    ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...names],
  ];
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    console.log(`to install: ${steps.map((step) => `sudo ${step.join(' ')}`).join(' && ')}`);
    return process.env.CI === 'true' ? 1 : 0;
  }
  for (const [command = '', ...args] of steps) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status } = spawnSync(command, args, { stdio: 'inherit', env });
    if (status !== 0) {
      console.error(`${command} ${args[0]} failed`);
      return 1;
    }
  }
  return 0;
}

function isOnPath(binary: string): boolean {
  if (isAbsolute(binary)) return existsSync(binary);
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, binary), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
