import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Home } from '../home/index.ts';
import { areaName, changeRecord, lastSuccess, pastOf, readRecord } from './record.ts';

const scratch = await mkdtemp(join(tmpdir(), 'holdfast-record-'));
after(() => rm(scratch, { recursive: true }));

const newHome = async (name: string): Promise<Home> => {
  const home = new Home(join(scratch, name));
  await home.make();
  return home;
};
const SET = 'Jx3TqkWm0vYc5RbN8sLfzA';
const area = (n: number): string => `http://127.0.0.1:1/areas/${String(n).padStart(22, 'A')}`;
const success = (time: number) => ({
  anchor: time,
  success: { time, set: SET, complete: true },
  attempt: { started: time - 1, ended: time },
  failures: 0,
});

test('looking leaves no trace; changes of several at once are all kept', async () => {
  assert.deepEqual(await readRecord(new Home(join(scratch, 'none'))), {});
  const home = await newHome('many');
  await Promise.all(Array.from({ length: 10 }, (_, n) => changeRecord(home, area(n), () => success(n + 1))));
  const record = await readRecord(home);
  assert.equal(Object.keys(record).length, 10);
  assert.equal(lastSuccess(record), 10);
  assert.equal(lastSuccess({}), undefined);
  await changeRecord(home, area(3), (known) => ({ ...known, failures: 7 }));
  assert.deepEqual((await readRecord(home))[area(3)], { ...success(4), failures: 7 });
});

test('it does not grow for ever: the areas used last are remembered', async () => {
  const home = await newHome('old');
  for (let n = 0; n < 40; n++) await changeRecord(home, area(n), () => success(n + 1));
  const kept = Object.keys(await readRecord(home));
  assert.equal(kept.length, 32);
  assert.ok(kept.includes(area(39)) && !kept.includes(area(0)));
});

test('a damaged record is begun anew', async () => {
  const home = await newHome('damaged');
  for (const text of ['{', '[]', '{"v":1,"areas":{"x":{"failures":-1}}}', '{"v":2,"areas":{}}']) {
    await writeFile(home.backups, text);
    assert.deepEqual(await readRecord(home), {});
    await changeRecord(home, area(1), () => success(5));
    assert.equal(JSON.parse(await readFile(home.backups, 'utf8')).areas[area(1)].failures, 0);
  }
});

test('one area has one name, a file has none', () => {
  assert.equal(areaName(`${area(1)}/`), area(1));
  assert.equal(areaName(`${area(1)}/${SET}/`), area(1));
  assert.equal(areaName('/media/stick/phone.ipd'), undefined);
});

test('what planning is told of an attempt: open, failed, stopped, or nothing when it succeeded', () => {
  const problem = { code: 'ERR_X', kind: 'failed', message: 'x' };
  const stopped = { ...problem, kind: 'interrupted' };
  assert.deepEqual(pastOf(undefined), {
    anchor: undefined,
    succeeded: undefined,
    failures: 0,
    attempt: undefined,
  });
  assert.equal(pastOf(success(5)).attempt, undefined);
  assert.deepEqual(pastOf({ failures: 1, attempt: { started: 1 } }).attempt, {
    started: 1,
    ended: undefined,
    interrupted: false,
  });
  assert.equal(
    pastOf({ failures: 1, attempt: { started: 1, ended: 2, problem } }).attempt?.interrupted,
    false,
  );
  assert.equal(
    pastOf({ failures: 0, attempt: { started: 1, ended: 2, problem: stopped } }).attempt?.interrupted,
    true,
  );
});
