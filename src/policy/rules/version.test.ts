import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from './index.ts';
import { inVersionRange, isVersionRange } from './version.ts';

test('versions in ranges: numbers decide, missing ones are 0', () => {
  const cases: [string, string, boolean][] = [
    ['version>=1.2', '1.2.0', true],
    ['version>=1.2', '1.10', true],
    ['version>=1.2', '1.1.9', false],
    ['version<2', '1.99.99', true],
    ['version<2', '2.0.0-beta.1', false],
    ['version<=2', '2.0.0', true],
    ['version>2', '2.0.0.1', true],
    ['version=0.1', '0.1.0+build', true],
    ['version = 0.1', '0.1.1', false],
    ['version<99', 'unknown', false],
    ['version<99', '', false],
    ['version>=0', '1.2.3.4.5', false],
  ];
  for (const [range, version, inside] of cases)
    assert.equal(inVersionRange(range, version), inside, `${version} in ${range}`);
  for (const bad of ['version>=x', 'version>>1', 'version', 'version>=1.2.3.4.5', 'VERSION>=1'])
    assert.ok(!isVersionRange(bad), bad);
});

test('a policy that names a range wrongly is refused, and a class that is only called so is not', () => {
  const policy = (name: string) => ({ name: 'p', scope: { deviceClasses: [name] } });
  for (const good of ['version>=1.2', 'version<2', 'versions', 'android']) parsePolicy(policy(good));
  for (const bad of ['version>=x', 'version >> 1', 'version='])
    assert.throws(() => parsePolicy(policy(bad)), { code: 'ERR_POLICY_INVALID' });
});
