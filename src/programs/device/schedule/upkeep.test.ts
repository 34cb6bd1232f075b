import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueUpkeep } from './upkeep.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 24, 9);
const rules = { retention: { keep: 30 * DAY }, verify: { every: 7 * DAY } };
const set = 'Jx3TqkWm0vYc5RbN8sLfzA';
const problem = { code: 'ERR_X', kind: 'failed', message: 'x' };

const pruned = (time: number) => ({ done: { time, removed: 0, bytes: 0 } });
const verified = (time: number) => ({ done: { time, set, items: 0, listed: 0 } });
const failed = (time: number) => ({ failed: { time, problem } });

test('only what policy asks for, and at once when it was never done', () => {
  assert.deepEqual(dueUpkeep({ retention: {} }, {}, NOW), { prune: false, verify: false });
  assert.deepEqual(dueUpkeep({ retention: {}, verify: { sample: 5 } }, {}, NOW).verify, false);
  assert.deepEqual(dueUpkeep(rules, {}, NOW), { prune: true, verify: true });
});

test('pruned once a day at most, also when backups do not come to the minute', () => {
  const due = (ago: number) => dueUpkeep(rules, { prune: pruned(NOW - ago) }, NOW).prune;
  assert.deepEqual([HOUR, 12 * HOUR, 21 * HOUR, 23.9 * HOUR, 2 * DAY].map(due), [
    ...[false, false, false],
    ...[true, true],
  ]);
});

test('verified as often as policy says: with the backup that is nearest', () => {
  const due = (every: number, ago: number) =>
    dueUpkeep({ retention: {}, verify: { every } }, { verify: verified(NOW - ago) }, NOW).verify;
  assert.equal(due(7 * DAY, 6 * DAY), false);
  assert.equal(due(7 * DAY, 7 * DAY - 10 * 60_000), true);
  assert.equal(due(1000, 100), false);
  assert.equal(due(1000, 1000), true);
});

test('what failed is tried again after an hour, not with every backup', () => {
  const due = (ago: number) =>
    dueUpkeep(rules, { prune: { ...pruned(NOW - 2 * DAY), ...failed(NOW - ago) } }, NOW).prune;
  assert.deepEqual([5 * 60_000, HOUR].map(due), [false, true]);
  assert.equal(dueUpkeep(rules, { verify: failed(NOW - 60_000) }, NOW).verify, false);
});

test('a time that lies ahead was recorded by a wrong clock', () => {
  const ahead = { prune: pruned(NOW + DAY), verify: verified(NOW + DAY) };
  assert.deepEqual(dueUpkeep(rules, ahead, NOW), { prune: true, verify: true });
});
