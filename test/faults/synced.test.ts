/** The emulated disk leaves the files of SQLite alone: that is right as long as SQLite syncs each commit. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openDatabase } from '../../src/state/sqlite.ts';

const source = join(import.meta.dirname, '..', '..', 'src');

test('every database that is written to a file is synchronous FULL or EXTRA, and nothing loosens it', async () => {
  const files = (await readdir(source, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const opening: string[] = [];
  for (const name of files) {
    const text = await readFile(join(source, name), 'utf8');
    if (!text.includes('new DatabaseSync(')) continue;
    opening.push(name);
    const settings = [...text.matchAll(/synchronous\s*=\s*(\w+)/gi)].map(([, value]) => value);
    // A lock holds no data.
    const isLock = text.includes('BEGIN EXCLUSIVE');
    assert.ok(isLock || settings.length > 0, `${name} opens a database and says nothing of synchronous`);
    for (const value of settings) assert.match(value!, /^(FULL|EXTRA)$/, name);
  }
  assert.ok(opening.length >= 4, opening.join(', '));
});

test('the catalogue is, once it is open', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-synced-'));
  const db: DatabaseSync = openDatabase(join(directory, 'x.db'), { version: 1, schema: '' });
  try {
    assert.equal(db.prepare('PRAGMA synchronous').get()?.synchronous, 2);
  } finally {
    db.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
