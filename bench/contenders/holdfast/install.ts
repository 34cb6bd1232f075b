/** Holdfast as one installs it: bundled, in a folder of its own. A clone strips types at each start. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
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

/** Bundles the clone into `directory`, once in a process. */
export function install(directory: string): Promise<Installed> {
  installed ??= pack(directory);
  return installed;
}

async function pack(directory: string): Promise<Installed> {
  await mkdir(directory, { recursive: true });
  await run(process.execPath, [join(root, 'scripts/bundle.ts'), join(directory, 'dist')]);
  for (const name of ['bin', 'package.json'])
    await cp(join(root, name), join(directory, name), { recursive: true });
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
