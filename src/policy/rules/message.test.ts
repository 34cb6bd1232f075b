import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PolicyError } from './errors.ts';
import { decodeRules, encodeRules } from './message.ts';
import type { DeviceRules } from './rules.ts';

const rules: DeviceRules = {
  classify: [{ source: 'folder', path: 'Work/**', class: 'enterprise', policy: 'sales' }],
  databases: {
    '*': { encrypt: { value: 'user', policy: 'everyone', scope: 'global', locked: true } },
    Messages: {
      backup: { value: 'allow', policy: 'sales', scope: 'group' },
      'guard.removed': { value: 50, policy: 'sales', scope: 'group' },
    },
  },
  classes: { personal: { into: { value: 'deny', policy: 'everyone', scope: 'global' } } },
  unencrypted: { value: 'end', policy: 'default' },
  destinations: [{ area: 'http://127.0.0.1:8080/areas/a' }],
  schedule: { every: 3_600_000 },
  retention: {},
  verify: { every: 604_800_000, sample: 5 },
  refresh: 1000,
  expires: 2000,
  whenStale: { value: 'block', policy: 'default' },
  origins: { destinations: 'sales' },
};

test('what is encoded is decoded', () => {
  assert.deepEqual(decodeRules(JSON.parse(JSON.stringify(encodeRules(rules)))), rules);
});

test('equal rules have one text, in whichever order they were made', () => {
  const { Messages, '*': others } = rules.databases;
  const turned = Object.fromEntries(Object.entries(rules).reverse()) as unknown as DeviceRules;
  const other: DeviceRules = { ...turned, databases: { Messages: Messages!, '*': others! } };
  assert.equal(JSON.stringify(encodeRules(other)), JSON.stringify(encodeRules(rules)));
});

test('rules of a server that says nothing of verifying', () => {
  const { verify: _, ...older } = rules;
  assert.deepEqual(decodeRules(JSON.parse(JSON.stringify(encodeRules(older)))), older);
});

test('what is not known is ignored, at every level', () => {
  const newer = structuredClone(encodeRules(rules)) as Record<string, Record<string, Record<string, object>>>;
  Object.assign(newer, { quota: { bytes: 1 } });
  Object.assign(newer.databases!.Messages!, { dedup: { value: 'off', policy: 'x' } });
  Object.assign(newer.databases!.Messages!.backup!, { until: 5 });
  assert.deepEqual(decodeRules(newer), rules);
});

test('a value that cannot be obeyed is refused, as is what is missing', () => {
  const refused = (value: unknown, line: RegExp) =>
    assert.throws(
      () => decodeRules(value),
      (error) =>
        error instanceof PolicyError &&
        error.code === 'ERR_RULES_MALFORMED' &&
        error.kind === 'integrity' &&
        line.test(error.message),
    );
  refused(
    { ...rules, databases: { a: { encrypt: { value: 'sometimes', policy: 'x' } } } },
    /databases\.a\.encrypt\.value: "sometimes" is not one of/,
  );
  refused(
    { ...rules, databases: { a: { 'guard.removed': { value: 101, policy: 'x' } } } },
    /databases\.a\["?guard\.removed"?\]\.value: 101 is not a share of 0 to 100 percent/,
  );
  refused({ ...rules, refresh: -1 }, /refresh: -1 is not a duration in milliseconds/);
  refused({ ...rules, expires: 0.5 }, /expires: 0\.5 is not/);
  refused({ ...rules, whenStale: undefined }, /whenStale: is missing/);
  refused({ ...rules, classify: [{ path: '{', class: 'personal' }] }, /classify\[0\]\.path/);
  refused([], /expected fields, found a list/);
});
