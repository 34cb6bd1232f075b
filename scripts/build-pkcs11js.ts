/**
 * Compiles pkcs11js where `npm ci` left its sources. Nothing is downloaded but a package of the registry: the headers
 * are those of the Node that the tests run in, from the package that it came in.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Does nothing where it loads already. @returns why it did not work */
export function buildPkcs11js(): string | undefined {
  if (loads()) return undefined;
  const folder = dirname(createRequire(import.meta.url).resolve('pkcs11js/package.json'));
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-headers-'));
  try {
    const platform = process.platform === 'win32' ? 'win' : process.platform;
    const node = `node-${platform}-${process.arch}`;
    run(
      'npm',
      'install',
      '--prefix',
      scratch,
      '--no-save',
      '--ignore-scripts',
      `${node}@${process.versions.node}`,
    );
    const gyp = nodeGyp();
    run(
      process.execPath,
      gyp,
      'rebuild',
      '--directory',
      folder,
      '--nodedir',
      join(scratch, 'node_modules', node),
    );
    return loads() ? undefined : 'it was compiled, but does not load';
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** npm brings its own. */
function nodeGyp(): string {
  const given = process.env.npm_config_node_gyp;
  if (given && existsSync(given)) return given;
  return join(run('npm', 'root', '--global').trim(), 'npm/node_modules/node-gyp/bin/node-gyp.js');
}

/** In a process of its own: a library once looked for and not found stays so. */
function loads(): boolean {
  const cwd = join(import.meta.dirname, '..');
  return spawnSync(process.execPath, ['-e', "require('pkcs11js')"], { cwd, stdio: 'ignore' }).status === 0;
}

function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(
    `${command} ${args[0]} failed: ${error?.message ?? stderr.trim().split('\n').slice(-5).join(' | ')}`,
  );
}
