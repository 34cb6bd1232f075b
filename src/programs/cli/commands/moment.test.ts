import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateTime } from '../output/index.ts';
import { parseMoment } from './moment.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const moment = (text: string): number => parseMoment('--at', text, NOW);

test('so long ago', () => {
  assert.equal(moment('2h'), NOW - 7_200_000);
  assert.equal(moment('3d'), NOW - 3 * 86_400_000);
  assert.equal(moment('30m ago'), NOW - 1_800_000);
});

test('with a zone, whatever the local one is', () => {
  assert.equal(moment('2026-11-20T14:05:30Z'), Date.UTC(2026, 10, 20, 14, 5, 30, 999));
  assert.equal(moment('2026-11-20t14:05:30.25z'), Date.UTC(2026, 10, 20, 14, 5, 30, 250));
  assert.equal(moment('2026-11-20T14:05+01:00'), Date.UTC(2026, 10, 20, 13, 5, 59, 999));
  assert.equal(moment('2026-11-20 00:05 -0130'), Date.UTC(2026, 10, 20, 1, 35, 59, 999));
  assert.equal(moment('2028-02-29T00:00:00Z'), Date.UTC(2028, 1, 29, 0, 0, 0, 999));
});

test('without one, local; a day to its end', () => {
  assert.equal(moment('2026-11-20'), new Date(2026, 10, 20, 23, 59, 59, 999).getTime());
  assert.equal(moment('2026-11-20T14:05'), new Date(2026, 10, 20, 14, 5, 59, 999).getTime());
  assert.equal(moment('2026-12-31'), new Date(2027, 0, 1).getTime() - 1);
});

test('what is shown of a set finds it', () => {
  for (const time of [NOW + 123, Date.UTC(2026, 2, 29, 0, 59, 59, 999), 86_400_000])
    assert.ok(moment(dateTime(time)) >= time && moment(dateTime(time)) < time + 1000, dateTime(time));
});

test('no time', () => {
  const bad = ['', 'now', 'yesterday', '2026', '2026-11', '2026-02-30', '2026-13-01', '2026-11-20T25:00'];
  const more = [
    '2026-11-20T14',
    '2026-11-20T14:60',
    '20261120',
    '1w',
    '-1h',
    '0h',
    '0026-01-01',
    '1960-01-01',
  ];
  for (const text of [...bad, ...more, '2026-11-20T14:05:30.1234Z', '2026-11-20T14:05 CET'])
    assert.throws(() => moment(text), { code: 'ERR_USAGE' }, text);
});
