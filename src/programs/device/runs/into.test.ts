import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { folders } from './into.ts';

test('each source of each database has one folder, and none that is of another', () => {
  const word = fc.constantFrom(
    'docs',
    'a',
    'b',
    'docs (b)',
    'docs (a)',
    'docs (b) (a)',
    'DOCS',
    'Docs (A)',
    'B',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word), { maxLength: 30 }), (pairs) => {
      const folderFor = folders('/into');
      const owners = new Map<string, string>();
      for (const [database, label] of pairs) {
        const folder = folderFor(database, label);
        assert.equal(folderFor(database, label), folder);
        const owner = JSON.stringify([database, label]);
        // As a file system sees it that does not tell case.
        assert.equal(owners.get(folder.toLowerCase()) ?? owner, owner);
        owners.set(folder.toLowerCase(), owner);
      }
    }),
  );
});

test('a database has its own name, its further sources that of theirs as well', () => {
  const folderFor = folders('/into');
  const asked = [folderFor('docs', 'a'), folderFor('docs', 'b'), folderFor('docs (b)', 'c')];
  assert.deepEqual(asked, ['/into/docs', '/into/docs (b)', '/into/docs (b) (c)']);
});

test('databases whose names differ in case only, or in how they are written, have folders that do not', () => {
  const folderFor = folders('/into');
  const asked = ['Files', 'files', 'FILES', 'Gr\u00f6\u00dfe', 'GRO\u0308SSE'].map((name) =>
    folderFor(name, 'home'),
  );
  assert.deepEqual(asked, [
    '/into/Files',
    '/into/files (home)',
    '/into/FILES (home) (home)',
    '/into/Gr\u00f6\u00dfe',
    '/into/GRO\u0308SSE (home)',
  ]);
});
