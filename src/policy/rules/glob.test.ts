import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { compileGlob } from './glob.ts';

function matches(glob: string, ...texts: string[]): boolean[] {
  return texts.map(compileGlob(glob));
}

test('one component, any number of components, one character', () => {
  assert.deepEqual(matches('Work/*', 'Work/a', 'Work/', 'Work', 'Work/a/b', 'work/a'), [
    true,
    true,
    false,
    false,
    false,
  ]);
  assert.deepEqual(matches('Work/**', 'Work/a', 'Work', 'Work/a/b', 'Workshop/a'), [true, true, true, false]);
  assert.deepEqual(matches('**/Work/**', 'Work/a', 'x/y/Work/z', 'x/Work', 'x/Works/z'), [
    true,
    true,
    true,
    false,
  ]);
  assert.deepEqual(matches('a?c', 'abc', 'a💾c', 'ac', 'a/c'), [true, true, false, false]);
  assert.deepEqual(matches('*.{jpg,jpeg}', 'x.jpg', '.jpeg', 'x.png'), [true, true, false]);
});

test('names that a careless matcher lets slip through', () => {
  assert.deepEqual(matches('Work/**', 'Work/.hidden', 'Work/a\nb', 'Work/..', 'Work/\u2028x'), [
    true,
    true,
    true,
    true,
  ]);
  assert.deepEqual(matches('**', '', 'a', '.a/.b', '\n'), [true, true, true, true]);
  // composed and decomposed
  assert.deepEqual(matches('B\u00fcro/*', 'Bu\u0308ro/a'), [true]);
  assert.deepEqual(matches('Bu\u0308ro/*', 'B\u00fcro/a'), [true]);
});

test('other characters are themselves; a backslash makes them so', () => {
  assert.deepEqual(matches('[Work] (old)+!|$', '[Work] (old)+!|$', 'W (old)+!|$'), [true, false]);
  assert.deepEqual(matches('C++/*', 'C++/a', 'CCC/a'), [true, false]);
  assert.deepEqual(matches('a\\*\\{b\\\\', 'a*{b\\', 'axx{b\\'), [true, false]);
  assert.deepEqual(matches('a,b}', 'a,b}'), [true]);
});

test('what is no glob is refused', () => {
  for (const glob of ['', 'a{b', 'a{b{c}}', 'a\\', 'x'.repeat(257), '{a,b}'.repeat(7)]) {
    assert.throws(() => compileGlob(glob), SyntaxError, glob);
  }
});

test('no name makes matching slow', () => {
  const matcher = compileGlob(`${'*a'.repeat(100)}*b/**/**/**/x`);
  const start = performance.now();
  assert.equal(matcher(`${'a'.repeat(4000)}${'/a'.repeat(500)}`), false);
  assert.ok(performance.now() - start < 500);
});

test('agrees with another implementation where both mean the same', () => {
  const piece = fc.constantFrom('a', 'b', 'ab', '*', '?', '{a,b}', 'a*', '*b');
  const component = fc.oneof(
    fc.constant('**'),
    fc.array(piece, { minLength: 1, maxLength: 3 }).map((p) => p.join('')),
  );
  const glob = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const name = fc.array(fc.constantFrom('a', 'b', 'ab', 'abc', 'ba'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(glob, name, (pattern, parts) => {
      // The other one has its own ways with stars in a row, and with none behind a `/**` at the end.
      fc.pre(!/[^/]\*\*|\*\*[^/]|\/\*\*$/.test(pattern));
      const text = parts.join('/');
      const theirs = picomatch(pattern, { dot: true, noextglob: true, windows: false });
      assert.equal(compileGlob(pattern)(text), theirs(text), `${pattern} on ${text}`);
    }),
    { numRuns: 2000 },
  );
});
