/** Holdfast as one installs it: compiled, in a folder of its own. A clone strips types at each start. */
import { execFile } from 'node:child_process';
import { access, cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** Compiles the clone into `directory`. @returns the command's file */
export async function install(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const built = join(directory, 'dist');
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const words = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', built];
  // What does not type-check is for `npm run check` to say.
  await run(process.execPath, words).catch(() => access(join(built, 'programs/cli/index.js')));
  for (const name of ['bin', 'package.json'])
    await cp(join(root, name), join(directory, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  return join(directory, 'bin/holdfast.js');
}
