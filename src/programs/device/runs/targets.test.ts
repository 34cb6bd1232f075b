import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceWriter, Written } from '../../../database/index.ts';
import { utf8 } from '../../../lib/bytes.ts';
import { folders } from './into.ts';
import { countingTargets, sourceFor, type Target } from './targets.ts';

const target = (more: Partial<Target> = {}): Target => ({
  database: 'Files',
  class: 'enterprise',
  sourceKind: 'folder',
  label: 'docs',
  ...more,
});
const source = (label: string, database = 'Files', kind = 'folder') => ({
  label,
  database,
  kind,
  path: `/${label}`,
  exclude: [],
});
const item = { uid: utf8('a'), title: '', type: '', time: 0, attributes: {} };
const content = { kind: 'bytes', bytes: utf8('xyz') } as const;

/** Remembers what it was told, as a place that is written to does. */
function writer(answers: Written[], told: string[]): SourceWriter {
  return {
    async put() {
      told.push('put');
      return answers.shift()!;
    },
    commit: async () => void told.push('commit'),
    abort: async () => void told.push('abort'),
  };
}

test('the source with the same label, else the only one, else nobody guesses', () => {
  const sources = [source('docs'), source('more'), source('cards', 'Address Book', 'vcard')];
  assert.equal(sourceFor(sources, target()).label, 'docs');
  assert.equal(sourceFor(sources.slice(1), target()).label, 'more');
  const usage = { code: 'ERR_WHICH', kind: 'usage' };
  assert.throws(() => sourceFor(sources, target({ label: 'gone' })), { ...usage, message: /docs, more/ });
  assert.throws(() => sourceFor([], target()), { ...usage, message: /there are none/ });
  // The same label, but of another database or kind, is not the same.
  assert.throws(() => sourceFor([source('docs', 'Photos')], target()), usage);
  assert.throws(() => sourceFor([source('docs', 'Files', 'vcard')], target()), usage);
});

test('classes that go to one place share its writer; it ends once, and each is counted', async () => {
  const told: string[] = [];
  const answers: Written[] = ['added', 'kept-both', 'replaced', 'kept'];
  let opened = 0;
  const targets = countingTargets(async () => ({
    name: 'docs',
    open: async () => {
      opened++;
      return writer(answers, told);
    },
  }));
  const one = await targets.writerFor(target());
  const two = await targets.writerFor(target({ class: 'personal' }));
  await one.put(item, 3, content);
  await one.put(item, 3, content);
  await two.put(item, 3, content);
  await two.put(item, 3, content);
  await one.commit();
  await two.commit();
  assert.equal(opened, 1);
  assert.deepEqual(told, ['put', 'put', 'put', 'put', 'commit']);
  const counts = targets
    .restored()
    .map(({ added, replaced, kept, keptBoth, bytes }) => [added, replaced, kept, keptBoth, bytes]);
  assert.deepEqual(counts, [
    [1, 0, 0, 1, 6],
    [0, 1, 1, 0, 6],
  ]);
});

test('what policy keeps out is written nowhere, listed, and refused when it is everything', async () => {
  const told: string[] = [];
  const targets = countingTargets(async ({ class: itemClass }) =>
    itemClass === 'enterprise'
      ? { denied: 'sales', reason: 'not elsewhere' }
      : { name: 'out', open: async () => writer(['added'], told) },
  );
  const denied = await targets.writerFor(target());
  await denied.put(item, 3, content);
  await denied.commit();
  assert.throws(() => targets.refuseNothing(), { kind: 'refused', policy: 'sales' });
  await (await targets.writerFor(target({ class: 'personal' }))).put(item, 3, content);
  targets.refuseNothing();
  assert.deepEqual(told, ['put']);
  assert.deepEqual(targets.leftOut(), [
    {
      database: 'Files',
      class: 'enterprise',
      label: 'docs',
      code: 'denied',
      reason: 'not elsewhere',
      policy: 'sales',
    },
  ]);
});

test('a folder for each database; further sources of one get their own', () => {
  const folder = folders('/out');
  assert.equal(folder('Files', 'docs'), '/out/Files');
  assert.equal(folder('Files', 'more/../x'), '/out/Files (more%2f..%2fx)');
  assert.equal(folder('Files', 'docs'), '/out/Files');
  assert.equal(folder('../etc', 'docs'), '/out/%2e.%2fetc');
});
