import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOGIN_WINDOW } from '../../../policy/message/index.ts';
import { Logins } from './logins.ts';

test('a login counts once for as long as it could be used', () => {
  const logins = new Logins();
  logins.use('a', 'device', 0);
  assert.throws(() => logins.use('a', 'device', 2 * LOGIN_WINDOW), { code: 'ERR_LOGIN' });
});

test('a device that asks without end shuts out itself, and nobody else, until its logins are over', () => {
  const logins = new Logins();
  const flood = (now: number): number => {
    for (let count = 0; count < 200_001; count++) {
      try {
        logins.use(`${now} ${count}`, 'hostile', now);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'ERR_TOO_MANY_ATTEMPTS');
        return count;
      }
    }
    return assert.fail('nothing stopped it');
  };
  const allowed = flood(0);
  assert.ok(allowed >= 1000 && allowed < 20_000);
  logins.use('b', 'other', 1);
  assert.equal(flood(2 * LOGIN_WINDOW + 1), allowed);
});
