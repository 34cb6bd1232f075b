import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeDirectory, replaceFile, syncDirectory, syncIfReadable } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'holdfast-disk-'));
after(() => rmSync(root, { recursive: true }));
const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a file is replaced whole, and nothing stays beside it', async () => {
  const path = join(root, 'state.json');
  await replaceFile(path, 'old');
  await replaceFile(path, 'new');
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.equal(modeOf(path), 0o600);
  await replaceFile(join(root, 'unit'), 'text', 0o644);
  assert.equal(modeOf(join(root, 'unit')), 0o644);
  assert.deepEqual(readdirSync(root).sort(), ['state.json', 'unit']);
});

test('what cannot be replaced stays as it is', async () => {
  const path = join(root, 'directory');
  mkdirSync(path);
  await assert.rejects(replaceFile(path, 'text'), { code: 'EISDIR' });
  await assert.rejects(replaceFile(join(root, 'missing/file'), 'text'), { code: 'ENOENT' });
  assert.deepEqual(
    readdirSync(root).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('directories are made with those above them, for their owner only', async () => {
  const path = join(root, 'a/b/c');
  await makeDirectory(path);
  await makeDirectory(path);
  for (const made of ['a', 'a/b', 'a/b/c']) assert.equal(modeOf(join(root, made)), 0o700);
});

test('a directory that may be written and not read', async () => {
  const path = join(root, 'closed');
  mkdirSync(path);
  chmodSync(path, 0o300);
  await asOrdinary(async () => {
    await assert.rejects(syncDirectory(path), { code: 'EACCES' });
    await syncIfReadable(path);
  });
  await assert.rejects(syncIfReadable(join(root, 'missing')), { code: 'ENOENT' });
});

/** Root reads everything. */
async function asOrdinary(run: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return run();
  chmodSync(root, 0o711);
  process.seteuid!(65_534);
  try {
    await run();
  } finally {
    process.seteuid!(0);
  }
}
