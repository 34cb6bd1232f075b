import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { composeTimeAnswer, generateSigningKey } from '../../policy/message/index.ts';
import { DAY, enrolled, id, NOW, type TestDevice, type TestServer } from './samples.test.ts';

const MINUTE = 60_000;
const YEAR = 365 * DAY;
const refused = { code: 'ERR_TIME_ANSWER', kind: 'integrity' };

describe('a clock that ran ahead', () => {
  let server: TestServer;
  let device: TestDevice;
  beforeEach(async () => {
    ({ server, device } = await enrolled());
    const { sealed } = await server.message();
    assert.equal((await device.memory.accept(sealed, device.keys)).kind, 'accepted');
  });
  afterEach(() => device.remove());

  /** A year ahead for a while, and then right again. */
  function ranAhead(): void {
    device.time = NOW + YEAR;
    assert.equal(device.memory.now(), NOW + YEAR);
    device.time = NOW + MINUTE;
  }
  const answer = (nonce: string, time = device.time, who = device.keys.device) =>
    composeTimeAnswer(server.identity.identityKey, { device: who, nonce }, time);
  const stale = (): boolean => {
    const state = device.memory.state();
    assert(state.kind === 'enrolled');
    return state.stale;
  };

  it('is corrected by the answer of the server, and that is remembered', async () => {
    assert.equal(device.memory.clockInDoubt(), false);
    ranAhead();
    assert.deepEqual([device.memory.clockInDoubt(), stale()], [true, true]);
    const next = await server.message({}, { now: NOW + MINUTE });
    const before = await device.memory.accept(next.sealed, device.keys);
    assert(before.kind === 'refused' && before.error.code === 'ERR_POLICY_EXPIRED');

    const correction = { before: NOW + YEAR, after: NOW + MINUTE };
    assert.deepEqual(await device.memory.acceptTime(await answer(device.memory.askTime())), correction);
    device.restart();
    assert.deepEqual(device.memory.clockCorrections(), [correction]);
    assert.deepEqual([device.memory.clockInDoubt(), stale()], [false, false]);
    assert.equal(device.memory.now(), NOW + MINUTE);
    assert.equal((await device.memory.accept(next.sealed, device.keys)).kind, 'accepted');
  });

  it('never goes below what was accepted', async () => {
    ranAhead();
    const nonce = device.memory.askTime();
    assert.equal((await device.memory.acceptTime(await answer(nonce, 1000)))?.after, NOW);
    device.time = 1000;
    assert.equal(device.memory.now(), NOW);
  });

  it('is in doubt beyond ten minutes, and when the message seems to have expired', () => {
    device.time = NOW + 30 * MINUTE;
    device.memory.now();
    device.time = NOW + 20 * MINUTE;
    assert.equal(device.memory.clockInDoubt(), false);
    device.time--;
    assert.equal(device.memory.clockInDoubt(), true);
    device.time = NOW + DAY;
    assert.equal(device.memory.clockInDoubt(), true);
  });

  it('is raised by an answer too: a clock that was set back meanwhile revives nothing', async () => {
    const nonce = device.memory.askTime();
    assert.equal(await device.memory.acceptTime(await answer(nonce, NOW + DAY)), undefined);
    assert.deepEqual([device.memory.now(), stale()], [NOW + DAY, true]);
    assert.deepEqual(device.memory.clockCorrections(), []);
  });

  it('a clock that is wrong stays what it is', async () => {
    device.time = NOW + YEAR;
    device.memory.now();
    await device.memory.acceptTime(await answer(device.memory.askTime(), NOW));
    assert.equal(device.memory.now(), NOW + YEAR);
  });

  it('answers count once, in time, for the question asked last, and from the server of this device', async () => {
    ranAhead();
    let { memory } = device;
    await assert.rejects(memory.acceptTime(await answer(id())), refused, 'nobody asked');

    const overtaken = await answer(memory.askTime());
    memory.askTime();
    await assert.rejects(memory.acceptTime(overtaken), refused, 'an earlier question');

    const late = await answer(memory.askTime());
    device.uptime += 10 * MINUTE + 1;
    await assert.rejects(memory.acceptTime(late), refused, 'late, whatever the clock says');

    const foreign = memory.askTime();
    await assert.rejects(memory.acceptTime(await answer(foreign, NOW, id())), refused, 'another device');
    await assert.rejects(memory.acceptTime(await answer(foreign)), refused, 'the question is closed');

    const forged = memory.askTime();
    const stranger = await generateSigningKey();
    const asked = { device: device.keys.device, nonce: forged };
    await assert.rejects(memory.acceptTime(await composeTimeAnswer(stranger, asked, NOW)), refused, 'forged');

    const asleep = await answer(memory.askTime());
    device.restart();
    memory = device.memory;
    await assert.rejects(memory.acceptTime(asleep), refused, 'a question of before the restart');

    assert.equal(memory.now(), NOW + YEAR);
    assert.deepEqual(memory.clockCorrections(), []);

    const replayed = await answer(memory.askTime());
    device.uptime += 10 * MINUTE;
    const twice = await Promise.allSettled([memory.acceptTime(replayed), memory.acceptTime(replayed)]);
    assert.deepEqual(
      twice.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.equal(memory.clockCorrections().length, 1);
  });

  it('remembers the last ten corrections', async () => {
    for (let n = 1; n <= 12; n++) {
      device.time = NOW + YEAR + n;
      await device.memory.acceptTime(await answer(device.memory.askTime(), NOW + YEAR + n));
      device.time = NOW;
      await device.memory.acceptTime(await answer(device.memory.askTime(), NOW));
    }
    const kept = device.memory.clockCorrections();
    assert.deepEqual([kept.length, kept.at(-1)?.before], [10, NOW + YEAR + 12]);
  });
});
