/**
 * Debian packages that tests and benchmarks use as real counterparts. Installs what is missing when it may;
 * otherwise says the command. Nothing here is needed to run Holdfast.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Package {
  readonly name: string;
  /** Where this is on the PATH, the package is there. */
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
];

const missing = packages.filter(({ binary }) => !isOnPath(binary));
for (const { name, why } of missing) console.log(`missing: ${name} (${why})`);
if (missing.length > 0) process.exitCode = install(missing.map(({ name }) => name));

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
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, binary), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
