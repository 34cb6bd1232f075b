import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readPolicy } from '../rules/yaml/index.ts';
import { explain, resolve, ruleFor } from './index.ts';

const examples = ['everyone', 'sales', 'kiosk', 'board'].map((name) =>
  readPolicy(readFileSync(new URL(`../../../examples/policies/${name}.yaml`, import.meta.url), 'utf8')),
);
const phone = { id: 'A'.repeat(22), groups: ['sales'], classes: ['android'] };

test('every value is said with its policy', () => {
  const { databases, settings } = explain(resolve(examples, phone));
  const said = databases.map(
    (v) => `${v.database}/${v.class} ${v.field} ${v.value}: ${v.policy} ${v.scope ?? ''}`,
  );
  for (const line of [
    'Address Book/enterprise backup allow: everyone global',
    'Address Book/enterprise custody company: everyone global',
    'Address Book/personal into allow: sales group',
    'Documents/personal encrypt database: sales group',
    'Voice Mail/personal backup deny: everyone global',
    '*/enterprise backup deny: default ',
    'Documents/enterprise guard.removed 50%: sales group',
    'Documents/enterprise guard.changed 60%: default ',
    'Pictures/personal guard.atLeast 25: default ',
  ]) {
    assert.ok(said.includes(line), `${line}\n${said.join('\n')}`);
  }
  assert.equal(said.length, new Set(said).size);
  assert.deepEqual(
    settings.map(({ setting, value, policy }) => `${setting} = ${value} (${policy})`),
    [
      'classify = source folder, path Work/**: enterprise (sales)',
      'classify = source folder, path **: personal (sales)',
      'restore.unencrypted = refuse-database (everyone)',
      'destinations = none (default)',
      'schedule.every = 4h (sales)',
      'schedule.alertAfter = 2d (sales)',
      'retention.keep = 365d (sales)',
      'verify.every = 7d (everyone)',
      'verify.sample = 5% (everyone)',
      'refresh = 12h (everyone)',
      'expires = 7d (everyone)',
      'whenStale = block (everyone)',
    ],
  );
});

test('the examples together: a kiosk keeps nothing, the board its messages', () => {
  const kiosk = resolve(examples, { ...phone, classes: ['kiosk'] });
  const board = resolve(examples, { ...phone, id: 'Qm9hcmQtZGV2aWNlLTAwMQ', groups: [] });
  for (const { field, value } of explain(kiosk).databases)
    if (field === 'backup') assert.equal(value, 'deny');
  assert.equal(ruleFor(kiosk, 'Address Book', 'personal').backup.policy, 'kiosk');
  assert.equal(ruleFor(board, 'Messages', 'enterprise').backup.value, 'allow');
  assert.equal(ruleFor(board, 'Address Book', 'enterprise').encrypt.policy, 'board');
  assert.equal(board.refresh, 3_600_000);
});
