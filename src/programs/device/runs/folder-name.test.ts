import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { folderName } from './folder-name.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const named = (name: string) => folderName(name, sha256);

test('names stay as they are where they can', () => {
  for (const name of ['Address Book', 'SMS Messages', 'Ärger & Söhne', '写真', 'a.b'])
    assert.equal(named(name), name);
});

test('tricks become plain names', () => {
  const tricks: [string, string][] = [
    ['..', '%2e%2e'],
    ['.', '%2e'],
    ['', '%'],
    ['../../etc', '%2e.%2f..%2fetc'],
    ['a/b\\c', 'a%2fb%5cc'],
    ['100%', '100%25'],
    ['con', '%con'],
    ['NUL.txt', '%NUL.txt'],
    ['end. ', 'end.%20'],
    ['a\nb', 'a%0ab'],
  ];
  for (const [name, folder] of tricks) assert.equal(named(name), folder);
});

test('whatever the name, the folder lies right below', () => {
  const names = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[./\\% ~]{0,12}$/),
    fc.string({ minLength: 150, maxLength: 400 }),
  );
  fc.assert(
    fc.property(names, (name) => {
      const folder = named(name);
      const path = resolve(join('/into', folder));
      assert.equal(path, `/into/${folder}`);
      assert.equal(basename(path), folder);
      assert.ok(Buffer.byteLength(folder) <= 255);
    }),
  );
});

test('different names have different folders', () => {
  const names = fc.stringMatching(/^[.a%/ 2ef]{0,8}$/);
  fc.assert(
    fc.property(names, names, (a, b) => assert.equal(named(a) === named(b), a === b)),
    { numRuns: 1000 },
  );
  const long = 'x'.repeat(300);
  assert.notEqual(named(`${long}a`), named(`${long}b`));
});
