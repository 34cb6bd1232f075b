/** Trees of files: made from a record, compared entry by entry. */
import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes files by relative path; one that cannot be because a parent is a file is left out. */
export async function makeTree(
  root: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    try {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    } catch (error) {
      if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

/** Everything about a tree that a restore has to bring back, by path. */
export async function describeTree(root: string, below = ''): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(join(root, below), { encoding: 'buffer' })) {
    const path = join(below, name.toString('latin1'));
    const real = join(root, below, name.toString());
    const stat = await lstat(real);
    const mode = (stat.mode & 0o777).toString(8);
    if (stat.isSymbolicLink()) found.set(path, `link ${await readlink(real)}`);
    else if (stat.isDirectory()) {
      found.set(path, `directory ${mode}`);
      for (const [inner, is] of await describeTree(root, join(below, name.toString()))) found.set(inner, is);
    } else {
      const content = await readFile(real);
      found.set(
        path,
        `file ${mode} ${Math.round(stat.mtimeMs)} ${content.length} ${content.toString('base64')}`,
      );
    }
  }
  return found;
}

export async function assertSameTree(expected: string, actual: string): Promise<void> {
  const [a, b] = [await describeTree(expected), await describeTree(actual)];
  assert.deepEqual([...b.keys()].sort(), [...a.keys()].sort());
  for (const [path, is] of a) assert.ok(b.get(path) === is, `${path} differs`);
}
