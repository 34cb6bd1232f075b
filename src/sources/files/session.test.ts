/** Temporary files of a process that was killed are removed by the next; those of one at work are not (U7). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromText, isTemporaryName, sweep, Temporaries } from './index.ts';

/** Makes one of each, says so, and waits until it is killed. */
function stage(directory: string): Temporaries {
  const temporaries = new Temporaries();
  temporaries.create(fromText(directory), 0o600).append(new Uint8Array(100));
  const made = temporaries.directory(fromText(directory));
  temporaries.create(made, 0o600);
  return temporaries;
}

const directory = process.argv[2] === 'child' ? process.argv[3] : undefined;
if (directory !== undefined) {
  const kept = stage(directory);
  process.stdout.write('staged');
  // It ends with whoever started it.
  process.stdin.on('close', () => kept.discardAll()).resume();
} else {
  test('what a killed process left goes, what one at work has stays', async () => {
    const root = mkdtempSync(join(tmpdir(), 'holdfast-session-'));
    const child = spawn(process.execPath, [import.meta.filename, 'child', root]);
    const exited = once(child, 'exit');
    try {
      writeFileSync(join(root, 'mine'), '');
      mkdirSync(join(root, '.holdfast-AbCdEfGhIjKlMnOp-0.tmp'));
      writeFileSync(join(root, '.holdfast-BbCdEfGhIjKlMnOp-1.tmp'), 'without a lock');
      const others = ['.holdfast-AbCdEfGhIjKlMnOp-0.tmp', '.holdfast-BbCdEfGhIjKlMnOp-1.tmp', 'mine'];
      await once(child.stdout, 'data');
      const staged = readdirSync(root);
      assert.equal(staged.length, others.length + 3);
      assert.ok(staged.every((name) => name === 'mine' || isTemporaryName(fromText(name))));
      sweep(fromText(root));
      assert.deepEqual(readdirSync(root), staged, 'it is at work');

      child.kill('SIGKILL');
      await exited;
      const own = stage(root);
      sweep(fromText(root));
      assert.equal(readdirSync(root).length, others.length + 3, 'only those of this process are left');
      own.discardAll();
      assert.deepEqual(readdirSync(root), others);
      sweep(fromText(join(root, 'not there')));
    } finally {
      child.kill('SIGKILL');
      await exited;
      rmSync(root, { recursive: true, force: true });
    }
  });
}
