import assert from 'node:assert/strict';
import test from 'node:test';
import { describeDatabase, isDatabaseName, knownDatabases } from './index.ts';

test('the names of the seed are there, each once and each a valid name', () => {
  const names = knownDatabases.map((entry) => entry.name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.length, 80);
  for (const name of names) assert.ok(isDatabaseName(name), name);
  for (const name of [
    'Address Book',
    'Calendar',
    'Messages',
    'SMS Messages',
    'Phone Call Logs',
    'Memos',
    'Tasks',
  ]) {
    assert.equal(describeDatabase(name).data, 'user', name);
  }
  assert.equal(describeDatabase('Service Book').data, 'service');
  assert.equal(describeDatabase('Time Zones').data, 'system');
  assert.ok(describeDatabase('Passwords').secret);
});

test('a name of the user’s own is user data', () => {
  assert.deepEqual(describeDatabase('Recipes'), { name: 'Recipes', data: 'user', secret: false });
});

test('what may be a name', () => {
  for (const name of ['a', 'Fotos von früher', '写真', 'x'.repeat(200), 'a/b: c'])
    assert.ok(isDatabaseName(name));
  for (const name of [
    '',
    ' a',
    'a ',
    'a\u00a0',
    'a\nb',
    'a\u0000',
    'a\u0085b',
    'x'.repeat(201),
    'é'.repeat(101),
    '\ud800',
    7,
  ]) {
    assert.ok(!isDatabaseName(name), JSON.stringify(name));
  }
});
