import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { signJson } from './envelope.ts';
import {
  composeTimeAnswer,
  generateSigningKey,
  openTimeAnswer,
  publicOf,
  TIME_ANSWER_LIMIT,
  TIME_TYP,
} from './index.ts';
import { id, makeWorld, NOW, type World } from './samples.test.ts';

describe("a server's answer about the time", () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });
  const question = () => ({ device: world.device.device, nonce: id() });

  it('is believed by the one who asked', async () => {
    const asked = question();
    const answer = await composeTimeAnswer(world.server.identityKey, asked, NOW);
    assert.ok(answer.length < TIME_ANSWER_LIMIT);
    assert.equal(await openTimeAnswer(publicOf(world.server.identityKey), answer, asked), NOW);
  });

  it('is refused for another question, device or server, as another kind of signature, altered, or malformed', async () => {
    const asked = question();
    const { identityKey } = world.server;
    const sign = (payload: object, typ = TIME_TYP) => signJson(typ, identityKey, payload);
    const right = { v: 1, aud: asked.device, nonce: asked.nonce, time: NOW };
    const answer = await composeTimeAnswer(identityKey, asked, NOW);
    const refused = [
      await composeTimeAnswer(identityKey, { ...asked, nonce: id() }, NOW),
      await composeTimeAnswer(identityKey, { ...asked, device: id() }, NOW),
      await composeTimeAnswer(await generateSigningKey(), asked, NOW),
      await composeTimeAnswer(world.policyKey, asked, NOW),
      await sign(right, 'holdfast-certificate+jws'),
      await sign({ ...right, v: 2 }),
      await sign({ ...right, time: NOW + 0.5 }),
      await sign({ ...right, time: -1 }),
      await sign({ ...right, time: `${NOW}` }),
      await sign({ ...right, time: 2 ** 52 }),
      await sign({ ...right, more: 'x'.repeat(TIME_ANSWER_LIMIT) }),
      answer.replace(/\.[^.]+\./, (part) => part.replace('A', 'B')),
      `${answer}A`,
      'a.b.c',
      '',
    ];
    for (const one of refused) {
      await assert.rejects(
        openTimeAnswer(publicOf(identityKey), one, asked),
        { code: 'ERR_TIME_ANSWER', kind: 'integrity' },
        one.slice(0, 80),
      );
    }
  });
});
