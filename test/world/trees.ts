/** Trees of files by their bytes: names need not be text. Made odd on purpose, and compared entry by entry. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { showBytes } from '../../src/lib/bytes.ts';

/** Everything about a tree that a restore has to bring back, by shown path. */
export function describeTree(root: string | Buffer): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (directory: Buffer, below: Buffer): void => {
    for (const name of readdirSync(directory, { encoding: 'buffer' })) {
      const full = Buffer.concat([directory, Buffer.from('/'), name]);
      const path = Buffer.concat([below, name]);
      const stat = lstatSync(full, { bigint: true });
      const mode = (Number(stat.mode) & 0o777).toString(8);
      if (stat.isSymbolicLink())
        found.set(showBytes(path), `link ${showBytes(readlinkSync(full, 'buffer'))}`);
      else if (stat.isDirectory()) {
        found.set(showBytes(path), `directory ${mode}`);
        walk(full, Buffer.concat([path, Buffer.from('/')]));
      } else {
        // To the nearest millisecond: that is what is kept of a time.
        const time = (stat.mtimeNs + 500_000n) / 1_000_000n;
        const hash = createHash('sha256').update(readFileSync(full)).digest('hex');
        found.set(showBytes(path), `file ${mode}, ${stat.size} bytes, of ${time}, ${hash}`);
      }
    }
  };
  walk(Buffer.from(root), Buffer.alloc(0));
  return found;
}

export async function assertSameTree(expected: string | Buffer, actual: string | Buffer): Promise<void> {
  const [a, b] = [describeTree(expected), describeTree(actual)];
  assert.deepEqual([...b.keys()].sort(), [...a.keys()].sort());
  for (const [path, is] of a) assert.equal(b.get(path), is, `${path} differs`);
}
