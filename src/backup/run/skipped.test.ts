import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../lib/bytes.ts';
import { Skipped } from './skipped.ts';

test('property: what was skipped, and what is below it', () => {
  const path = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'ä'), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(path, { maxLength: 6 }), path, (skipped, uid) => {
      const all = new Skipped();
      for (const one of skipped) all.add(utf8(one));
      const expected = skipped.some(
        (one) => one === '' || one === uid || (one.endsWith('/') && uid.startsWith(one)),
      );
      assert.equal(all.has(utf8(uid)), expected);
    }),
  );
});

test('of 20,000 folders that could not be read, everything is known by a look at its own path', () => {
  const skipped = new Skipped();
  for (let i = 0; i < 20_000; i++) skipped.add(utf8(`folder-${i}/`));
  let found = 0;
  for (let i = 0; i < 40_000; i++) if (skipped.has(utf8(`folder-${i}/a/b/c`))) found++;
  assert.equal(found, 20_000);
});
