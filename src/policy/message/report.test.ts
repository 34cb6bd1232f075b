import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  composeReport,
  generateSigningKey,
  openReport,
  publicOf,
  REPORT_LIMIT,
  type ReportBody,
} from './index.ts';
import { forge, id, makeWorld, NOW, type World } from './samples.test.ts';

const hash = 'A'.repeat(43);

describe('a report on the server', () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  const parts = (body: ReportBody, number = 2) => ({
    device: world.device.device,
    server: world.server.id,
    signingKey: world.device.signingKey,
    receiveKey: world.server.receiveKey,
    number,
    now: NOW,
    messageKey: world.device.messageKey,
    body,
  });
  const expected = () => ({
    server: world.server.id,
    receiveKey: world.server.receiveKey,
    device: world.device.device,
    signingKey: publicOf(world.device.signingKey),
    number: 1,
    acknowledged: 5,
    sent: 9,
  });
  const acknowledgement = (seq: number): ReportBody => ({
    ...{ kind: 'acknowledgement', seq, message: hash, keys: [id()] },
    sections: { rules: { version: 3, hash } },
    commands: [{ id: id(), result: 'done' }],
  });
  const failure: ReportBody = { kind: 'failure', code: 'ERR_POLICY_SECTION', seq: 7, sections: {} };
  const databases: ReportBody = { kind: 'databases', names: ['Memos', 'Fotos ä'] };
  const event: ReportBody = {
    ...{ kind: 'event', id: id(), event: 'restore.older', time: NOW, chain: id(), set: id() },
    ...{ counter: 3, count: 5 },
  };
  const head = (): ReportBody => ({ kind: 'head', chain: id(), counter: 4, hash, time: NOW });

  it('comes back as it was, with the newest message key', async () => {
    const bodies = [acknowledgement(6), failure, head(), { ...head(), area: id() }, databases, event];
    for (const body of bodies) {
      const { report, newest, order } = await openReport(await composeReport(parts(body)), expected());
      const { v, iss, aud, number, iat, messageKey, ...rest } = report;
      assert.deepEqual(rest, body);
      assert.deepEqual([v, iss, aud, number, iat], [1, world.device.device, world.server.id, 2, NOW]);
      assert.deepEqual(messageKey, publicOf(world.device.messageKey));
      assert.deepEqual([newest, order], [true, 'new']);
    }
  });

  it('has its place: repeated and overtaken ones do not count', async () => {
    const orderOf = async (body: ReportBody, number: number) => {
      const { newest, order } = await openReport(await composeReport(parts(body, number)), expected());
      return [newest, order];
    };
    assert.deepEqual(await orderOf(acknowledgement(6), 1), [false, 'new']);
    assert.deepEqual(await orderOf(acknowledgement(5), 1), [false, 'repeated']);
    assert.deepEqual(await orderOf(acknowledgement(4), 1), [false, 'old']);
    assert.deepEqual(await orderOf(failure, 1), [false, 'old']);
    assert.deepEqual(await orderOf(databases, 2), [true, 'new']);
    assert.deepEqual(await orderOf(databases, 1), [false, 'old']);
    assert.deepEqual(await orderOf(event, 2), [true, 'new']);
    assert.deepEqual(await orderOf(event, 1), [false, 'old']);
    assert.deepEqual(await orderOf(head(), 1), [false, 'new']);
  });

  it('is refused when it does not verify or belong here', async () => {
    const sealed = await composeReport(parts(failure));
    const refused = [
      'x'.repeat(REPORT_LIMIT + 1),
      `${sealed.slice(0, -1)}${sealed.endsWith('A') ? 'Q' : 'A'}`,
      await composeReport({ ...parts(failure), signingKey: await generateSigningKey() }),
      await composeReport({ ...parts(failure), receiveKey: world.device.messageKey }),
      await composeReport({ ...parts(failure), device: id() }),
      await composeReport({ ...parts(failure), server: id() }),
      await composeReport(parts(acknowledgement(10))),
      await composeReport(parts({ ...failure, code: 'x'.repeat(65) })),
      await composeReport(parts({ kind: 'databases', names: ['*'] })),
      await composeReport(parts({ kind: 'databases', names: ['x'.repeat(201)] })),
      await composeReport(parts({ kind: 'databases', names: Array.from({ length: 501 }, (_, n) => `${n}`) })),
      await composeReport(parts({ ...head(), area: 'http://127.0.0.1/areas/a' } as ReportBody)),
      await composeReport(parts({ ...event, event: 'policy.apply' } as never)),
      await composeReport(parts({ ...event, set: 'x' })),
      // A signature for something else.
      await forge({}, world.device.signingKey, world.server.receiveKey, { typ: 'holdfast-manifest+jws' }),
    ];
    for (const one of refused) await assert.rejects(openReport(one, expected()), { code: 'ERR_REPORT' });
  });

  it('is refused when its message key is not on the curve', async () => {
    const messageKey = { ...publicOf(world.device.messageKey), y: 'A'.repeat(43) };
    const sealed = await composeReport({ ...parts(failure), messageKey });
    await assert.rejects(openReport(sealed, expected()), { code: 'ERR_REPORT' });
  });
});
