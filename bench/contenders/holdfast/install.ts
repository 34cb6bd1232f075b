/** Holdfast as one installs it: compiled, in a folder of its own. A clone strips types at each start. */
import { execFile } from 'node:child_process';
import { access, cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');

export interface Installed {
  /** The command's file. */
  readonly program: string;
  readonly version: string;
}

let installed: Promise<Installed> | undefined;

/** Compiles the clone into `directory`, once in a process. */
export function install(directory: string): Promise<Installed> {
  installed ??= compile(directory);
  return installed;
}

async function compile(directory: string): Promise<Installed> {
  await mkdir(directory, { recursive: true });
  const built = join(directory, 'dist');
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const words = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', built];
  // What does not type-check is for `npm run check` to say.
  await run(process.execPath, words).catch(() => access(join(built, 'programs/cli/index.js')));
  for (const name of ['bin', 'package.json'])
    await cp(join(root, name), join(directory, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { program: join(directory, 'bin/holdfast.js'), version: `holdfast ${version} (${await commit()})` };
}

/** Which state of the sources this is. */
async function commit(): Promise<string> {
  try {
    const { stdout } = await run('git', ['-C', root, 'describe', '--always', '--dirty', '--exclude', '*']);
    return stdout.trim();
  } catch {
    return 'not in a clone';
  }
}
