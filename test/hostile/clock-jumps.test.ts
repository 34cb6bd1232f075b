/** The clock of a device jumps by a year, between runs and in the middle of them: it is said, and nothing is lost (U2, U8). */
import assert from 'node:assert/strict';
import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { ProblemError } from '../../src/api/problem/index.ts';
import { seeded } from '../world/data.ts';
import { assertSameTree } from '../world/trees.ts';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;
const random = seeded(365);
/** How far the clocks of the devices are ahead. */
let ahead = 0;
let it: World;
let home: string;
let count = 0;

before(async () => {
  it = await world({
    hostile: true,
    clock: () => Date.now() + ahead,
    users: { alice: {} },
    policies: [{ ...ALLOW_ALL, expires: '7d', whenStale: 'block' }],
  });
  home = it.place('home');
  await mkdir(home);
  for (let i = 0; i < 30; i++) await writeFile(join(home, `${i}`), random(40_000));
});
after(() => it?.[Symbol.asyncDispose]());
afterEach(() => {
  ahead = 0;
});

async function enrol(): Promise<WorldDevice> {
  ahead = 0;
  const device = await it.enrol('alice', `device ${count++}`);
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  return device;
}

/** The clock is right again: the next run is complete, bears the right time, and everything is there. */
async function goesOn(device: WorldDevice): Promise<void> {
  ahead = 0;
  const { complete, set } = await device.call('backup', {});
  assert.equal(complete, true);
  assert.ok(Math.abs(set!.time - Date.now()) < MINUTE, 'the set bears a wrong time');
  const reader = await enrol();
  const into = it.place('into');
  await reader.call('restore', { device: device.id, into });
  await assertSameTree(home, join(into, 'Files'));
  assert.deepEqual((await reader.call('verify', { device: device.id })).damaged, []);
}

async function refused(does: Promise<unknown>): Promise<ProblemError> {
  const error = await does.then(
    () => assert.fail('it went well'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof ProblemError)) throw error;
  return error;
}

/** Once so many requests of a kind have come, the clock jumps. */
const jumpsAt = (method: string, number: number, by: number): Disposable => {
  let seen = 0;
  return it.areaProxy.rule(async (asked, pass) => {
    if (asked.method === method && ++seen === number) ahead = by;
    return pass();
  });
};

for (const [way, by] of [
  ['forward', YEAR],
  ['back', -YEAR],
] as const) {
  test(`a year ${way} between two backups: nothing is done by that clock, and it is said; then all goes on`, async () => {
    const device = await enrol();
    const first = await device.call('backup', {});
    await writeFile(join(home, `between, ${way}`), random(10_000));
    ahead = by;
    const error = await refused(device.call('backup', {}));
    if (way === 'forward') {
      // What the policy bounds in time has expired by this clock (whenStale: block).
      assert.deepEqual([error.kind, error.code], ['refused', 'ERR_POLICY_EXPIRED'], error.message);
      assert.match(error.message, /365 d ahead of the server/);
    } else {
      assert.equal(error.code, 'ERR_DESTINATION_DENIED', error.message);
      assert.match(error.message, /clock|time/);
    }
    const into = it.place('into');
    await refused(device.call('restore', { into }));
    assert.equal(await lstat(into).catch(() => undefined), undefined);
    await goesOn(device);
    const { sets } = await device.call('sets', {});
    assert.deepEqual(
      sets.filter((set) => set.device === device.id).map(({ counter }) => counter),
      [1, 2],
    );
    assert.equal(sets.find(({ set }) => set === first.set!.set)?.counter, 1);
  });

  test(`a year ${way} in the middle of a backup: it ends, or is as right as before; then all goes on`, async () => {
    for (const number of [1, 2, 3, 4]) {
      const device = await enrol();
      {
        using _ = jumpsAt('PUT', number, by);
        const ended = await device.call('backup', {}).catch((error: unknown) => error);
        if (ended instanceof ProblemError)
          assert.ok(['no-key', 'refused', 'failed'].includes(ended.kind), `${number}: ${ended.message}`);
      }
      await goesOn(device);
    }
  });

  test(`a year ${way} in the middle of a restore: nothing is written, or all of it`, async () => {
    const device = await enrol();
    await device.call('backup', {});
    const reader = await enrol();
    for (const number of [1, 2, 3, 4, 5]) {
      ahead = 0;
      const into = it.place('into');
      using _ = jumpsAt('GET', number, by);
      const ended = await reader
        .call('restore', { device: device.id, into })
        .catch((error: unknown) => error);
      if (ended instanceof ProblemError) assert.equal(await lstat(into).catch(() => undefined), undefined);
      else await assertSameTree(home, join(into, 'Files'));
    }
    await goesOn(device);
  });
}

test('a few minutes to and fro: sets bear times that never go back, and --at finds them', async () => {
  const device = await enrol();
  const times: number[] = [];
  for (const minutes of [0, 4, -4, 2, -2, 0]) {
    ahead = minutes * MINUTE;
    await writeFile(join(home, 'changing'), random(1000));
    const { set, complete } = await device.call('backup', {});
    assert.equal(complete, true);
    times.push(set!.time);
    const { set: found } = await device.call('ls', { at: set!.time });
    assert.equal(found.counter, times.length);
  }
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});
