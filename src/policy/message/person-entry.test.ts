import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { toBase64Url } from '../../lib/bytes.ts';
import { signJson } from './envelope.ts';
import {
  composePersonEntry,
  generateSigningKey,
  openPersonEntry,
  PERSON_LIMIT,
  PERSON_TYP,
  publicOf,
} from './index.ts';
import { id, makeWorld, NOW, type World } from './samples.test.ts';

describe('an entry of the directory', () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });
  const said = { user: id(), record: toBase64Url(new Uint8Array(32)) };
  const question = () => ({ server: id(), device: world.device.device, name: 'alice', nonce: id() });

  it('is believed by the device that asked', async () => {
    const asked = question();
    const { identityKey } = world.server;
    const entry = await composePersonEntry(identityKey, asked, said, NOW);
    assert.deepEqual(await openPersonEntry(publicOf(identityKey), entry, asked, NOW + 60_000), said);
  });

  it('is refused for another user, question, device, server or time, forged, altered, or malformed', async () => {
    const asked = question();
    const { identityKey } = world.server;
    const sign = (payload: object, typ = PERSON_TYP) => signJson(typ, identityKey, payload);
    const { server: iss, device: aud, name, nonce } = asked;
    const right = { v: 1, iss, aud, nonce, name, ...said, time: NOW };
    const entry = await composePersonEntry(identityKey, asked, said, NOW);
    const made = (change: object) => composePersonEntry(identityKey, { ...asked, ...change }, said, NOW);
    const refused = [
      await made({ name: 'mallory' }),
      await made({ nonce: id() }),
      await made({ device: id() }),
      await made({ server: id() }),
      await composePersonEntry(identityKey, asked, said, NOW - 11 * 60_000),
      await composePersonEntry(identityKey, asked, said, NOW + 11 * 60_000),
      await composePersonEntry(await generateSigningKey(), asked, said, NOW),
      await composePersonEntry(world.policyKey, asked, said, NOW),
      await sign(right, 'holdfast-certificate+jws'),
      await sign({ ...right, v: 2 }),
      await sign({ ...right, user: 'alice' }),
      await sign({ ...right, record: 'short' }),
      await sign({ ...right, more: 'x'.repeat(PERSON_LIMIT) }),
      entry.replace(/\.[^.]+\./, (part) => part.replace('A', 'B')),
      `${entry}A`,
      'a.b.c',
      '',
    ];
    for (const one of refused)
      await assert.rejects(
        openPersonEntry(publicOf(identityKey), one, asked, NOW),
        { code: 'ERR_PERSON_ENTRY', kind: 'integrity' },
        one.slice(0, 80),
      );
  });
});
