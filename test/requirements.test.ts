/** docs/requirements.md leads from every requirement to code and tests that are there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs/requirements.md'), 'utf8');

/** The rows of its tables, by cell: id, what is asked for, code, tests, state. */
const rows = text
  .split('\n')
  .filter((line) => /^\| [NBU]\d/.test(line))
  .map((line) => line.split('|').slice(1, -1));

const numbered = (letter: string, last: number): string[] =>
  Array.from({ length: last }, (_, i) => `${letter}${i + 1}`);
const expected = [...numbered('N', 11), 'N4a', ...numbered('B', 17), 'B5a', ...numbered('U', 10)];

const paths = (cell: string): string[] => [...cell.matchAll(/`([^` ]+\/[^` ]+)`/g)].map(([, path]) => path!);

test('each id has one row of five cells', () => {
  for (const row of rows) assert.equal(row.length, 5, `${row[0]} has another number of cells`);
  assert.deepEqual(rows.map(([id]) => id!.trim()).sort(), expected.sort());
});

test('a state is said, and what is missing when it is not done', () => {
  for (const [id, , code, tests, state = ''] of rows) {
    assert.match(state, /^ `(done|partly|not yet)`/, `state of ${id}`);
    if (/`partly`/.test(state)) assert.match(state, /Missing: /, `what is missing of ${id}`);
    if (!/`not yet`/.test(state)) {
      assert.notEqual(paths(code!).length, 0, `code of ${id}`);
      assert.notEqual(paths(tests!).length, 0, `tests of ${id}`);
    }
  }
});

test('every file that is named is there', () => {
  const named = [...new Set(paths(text))];
  assert.ok(named.length > 50);
  for (const path of named) assert.ok(existsSync(join(root, path)), `${path} is not there`);
  for (const path of named) assert.ok(statSync(join(root, path)).isFile(), `${path} is no file`);
});

test('every test that is named is in its file', () => {
  let checked = 0;
  for (const [id, , , tests = ''] of rows)
    for (const part of tests.split(';')) {
      const [path, ...more] = paths(part);
      const names = [...part.matchAll(/\*([^*]+)\*/g)].map(([, name]) => name!);
      if (names.length === 0) continue;
      assert.ok(path !== undefined && more.length === 0, `${id}: one file for the names in ${part}`);
      const source = readFileSync(join(root, path), 'utf8');
      for (const name of names) assert.ok(source.includes(name), `${id}: ${path} has no test "${name}"`);
      checked += names.length;
    }
  assert.ok(checked > 50);
});
