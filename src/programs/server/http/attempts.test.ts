import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf } from './address.ts';
import { attempts } from './attempts.ts';

test('twenty failures within a minute shut an address out, and only that one, for a while', () => {
  let now = 1000;
  const counted = attempts(() => now);
  for (let count = 0; count < 20; count++) {
    counted.check('a');
    counted.failed('a');
  }
  assert.throws(() => counted.check('a'), { code: 'ERR_TOO_MANY_ATTEMPTS' });
  counted.check('b');
  now += 59_999;
  assert.throws(() => counted.check('a'), { code: 'ERR_TOO_MANY_ATTEMPTS' });
  now += 1;
  counted.check('a');
  counted.failed('a');
  counted.check('a');
});

test('a flood of other addresses neither grows without end nor makes forget who failed before', () => {
  let now = 1000;
  const counted = attempts(() => now);
  for (let count = 0; count < 20; count++) counted.failed('first');
  for (let count = 0; count < 50_000; count++) counted.failed(`address ${count}`);
  assert.throws(() => counted.check('first'), { code: 'ERR_TOO_MANY_ATTEMPTS' });
  assert.ok(counted.size <= 12_000, `${counted.size} are remembered`);
  assert.throws(
    () => {
      for (let count = 0; count < 40_000; count++) counted.check(`newcomer ${count}`);
    },
    { code: 'ERR_TOO_MANY_ATTEMPTS' },
    'those that there is no room for are counted together',
  );
  now += 60_000;
  counted.check('first');
  counted.failed('last');
  assert.ok(counted.size <= 2_000, 'what is over is forgotten');
});

test('an address of IPv6 stands for its network: whoever has one has all of it', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:0db8:0001:0002::9'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7');
  assert.equal(networkOf('192.0.2.7'), '192.0.2.7');
  assert.equal(networkOf('a\u001b[2J\u202e!'), 'a??2J??');
});
