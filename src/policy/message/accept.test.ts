import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { before, describe, it } from 'node:test';
import {
  certify,
  generateMessageKey,
  generateSigningKey,
  MESSAGE_LIMIT,
  type MessageErrorCode,
  openMessage,
  publicOf,
  type SectionValues,
  sealMessage,
  thumbprint,
} from './index.ts';
import {
  forge,
  id,
  makeDevice,
  makeWorld,
  NOW,
  payloadOf,
  platform,
  sealWith,
  sectionsOf,
  type World,
} from './samples.test.ts';

describe('a policy message on the device', () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  const open = (sealed: string, held = world.held, now = NOW, pinned = world.pinned) =>
    openMessage(platform, sealed, pinned, held, now);

  const refuses = (
    code: MessageErrorCode,
    sealed: string,
    held = world.held,
    now = NOW,
    pinned = world.pinned,
  ) =>
    assert.rejects(
      open(sealed, held, now, pinned),
      (error: Error & { code?: string }) => error.code === code,
    );

  /** A correctly signed and sealed message with a changed payload. */
  const changed = async (change: object) =>
    forge({ ...payloadOf((await world.compose()).jws), ...change }, world.policyKey, world.device.messageKey);

  it('is accepted, and everything of it comes out', async () => {
    const message = await world.compose();
    const opened = await open(message.sealed);
    assert.equal(opened.kind, 'new');
    assert(opened.kind === 'new');
    assert.deepEqual(opened.values, world.values);
    assert.deepEqual(
      [opened.seq, opened.iat, opened.exp, opened.hash],
      [NOW, NOW, message.exp, message.hash],
    );
    assert.deepEqual(opened.grants, world.parts().grants);
    assert.equal(opened.certificates[0]?.device, world.device.device);
    assert.equal(opened.keyUsed, true);
  });

  it('leaves out what is held, and accepts its absence only then', async () => {
    const first = await open((await world.compose()).sealed);
    assert(first.kind === 'new');
    const second = await world.compose({ held: first.sections, lastSeq: first.seq });
    const held = { ...world.held, last: first, sections: first.sections };
    const opened = await open(second.sealed, held);
    assert(opened.kind === 'new');
    assert.deepEqual([opened.values, opened.seq], [{}, first.seq + 1]);
    assert.deepEqual(opened.sections, first.sections);

    await refuses('ERR_POLICY_SECTION', second.sealed);
    const { rules } = first.sections;
    for (const other of [
      { ...rules, version: 2 },
      { ...rules, hash: first.sections.trust.hash },
    ]) {
      await refuses('ERR_POLICY_SECTION', second.sealed, {
        ...held,
        sections: { ...first.sections, rules: other },
      });
    }
  });

  it('1: is not looked at when it is too large', async () => {
    await refuses('ERR_POLICY_TOO_LARGE', 'x'.repeat(MESSAGE_LIMIT + 1));
    await assert.rejects(world.compose({ crit: ['x'.repeat(MESSAGE_LIMIT)] }), {
      code: 'ERR_POLICY_TOO_LARGE',
    });
  });

  it('2: does not open when any part of it was altered', async () => {
    const { sealed } = await world.compose();
    const parts = sealed.split('.');
    for (const [at, part] of parts.entries()) {
      const other = (part.startsWith('A') ? 'B' : 'A') + part.slice(1);
      await refuses('ERR_POLICY_NOT_FOR_THIS_KEY', parts.with(at, other).join('.'));
    }
    for (const junk of ['', 'a', 'a.b.c.d.e', parts.slice(0, 4).join('.')]) {
      await refuses('ERR_POLICY_NOT_FOR_THIS_KEY', junk);
    }
  });

  it('2: opens with a previous key, and not with one that is gone', async () => {
    const { sealed } = await world.compose();
    const fresh = await generateMessageKey();
    const opened = await open(sealed, { ...world.held, messageKeys: [fresh, world.device.messageKey] });
    assert(opened.kind === 'new');
    assert.equal(opened.keyUsed, false);
    await refuses('ERR_POLICY_NOT_FOR_THIS_KEY', sealed, { ...world.held, messageKeys: [fresh] });
  });

  it('2: takes no other way of sealing from the message', async () => {
    const { jws } = await world.compose();
    for (const header of [{ alg: 'ECDH-ES' }, { enc: 'A128CBC-HS256' }, { zip: 'DEF' }, { cty: 'JWT' }]) {
      await refuses('ERR_POLICY_NOT_FOR_THIS_KEY', await sealWith(header, world.device.messageKey, jws));
    }
  });

  it('3: is refused from another signer', async () => {
    const payload = payloadOf((await world.compose()).jws);
    const to = world.device.messageKey;
    await refuses('ERR_POLICY_SIGNER', await forge(payload, await generateSigningKey(), to));
    await refuses('ERR_POLICY_SIGNER', await forge(payload, world.server.identityKey, to));
    await refuses(
      'ERR_POLICY_SIGNER',
      await forge(payload, world.policyKey, to, { typ: 'holdfast-report+jws' }),
    );
    await refuses('ERR_POLICY_SIGNER', await forge(payload, world.policyKey, to, { cty: 'x' }));
    await refuses('ERR_POLICY_SIGNER', await sealMessage('not a signature', to));
  });

  it('3: takes no algorithm from the message', async () => {
    const payload = (await world.compose()).jws.split('.')[1]!;
    const kid = await thumbprint(world.policyKey);
    const part = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    const none = part({ alg: 'none', typ: 'holdfast-policy+jws', kid });
    await refuses('ERR_POLICY_SIGNER', await sealMessage(`${none}.${payload}.`, world.device.messageKey));
    // The public key used as a shared secret.
    const hmac = part({ alg: 'HS256', typ: 'holdfast-policy+jws', kid });
    const secret = Buffer.from(world.policyKey.x, 'base64url');
    const mac = createHmac('sha256', secret).update(`${hmac}.${payload}`).digest('base64url');
    await refuses(
      'ERR_POLICY_SIGNER',
      await sealMessage(`${hmac}.${payload}.${mac}`, world.device.messageKey),
    );
  });

  it('4: is refused when the signature is another key’s, or over something else', async () => {
    const { jws } = await world.compose();
    const kid = await thumbprint(world.policyKey);
    const forged = await forge(payloadOf(jws), await generateSigningKey(), world.device.messageKey, { kid });
    await refuses('ERR_POLICY_SIGNATURE', forged);
    const [header, , signature] = jws.split('.');
    const altered = Buffer.from(JSON.stringify({ ...payloadOf(jws), exp: NOW * 2 })).toString('base64url');
    await refuses(
      'ERR_POLICY_SIGNATURE',
      await sealMessage(`${header}.${altered}.${signature}`, world.device.messageKey),
    );
  });

  it('4: is refused when it is signed but no policy message', async () => {
    const { sections } = payloadOf((await world.compose()).jws) as { sections: object };
    const wrong = [
      { v: 2 },
      { seq: 2 ** 52 },
      { seq: 0 },
      { seq: 1.5 },
      { exp: NOW },
      { iat: -1 },
      { aud: 'short' },
      { grants: undefined },
      { grants: [{ area: 'a' }] },
      { sections: { ...sections, trust: undefined } },
      { sections: { ...sections, rules: { version: 0, hash: 'A'.repeat(43) } } },
      { crit: 'rules' },
    ];
    for (const one of wrong) await refuses('ERR_POLICY_MALFORMED', await changed(one));
  });

  it('5: is refused when it is for another device, or from another server', async () => {
    const other = await makeDevice();
    const forOther = await world.compose({ device: other.device });
    await refuses('ERR_POLICY_AUDIENCE', forOther.sealed);
    await refuses('ERR_POLICY_AUDIENCE', (await world.compose({ server: id() })).sealed);
  });

  it('6: is answered as before when it is the same message, even after its time', async () => {
    const message = await world.compose();
    const fresh = await generateMessageKey();
    const held = { ...world.held, messageKeys: [fresh, world.device.messageKey], last: message };
    for (const sealed of [message.sealed, await sealMessage(message.jws, fresh)]) {
      assert.deepEqual(await open(sealed, held, message.exp + 1), { kind: 'repeated', seq: message.seq });
    }
  });

  it('6: is refused when it is older, or another under the same sequence', async () => {
    const message = await world.compose();
    const newer = { ...message, seq: message.seq + 1 };
    await refuses('ERR_POLICY_ROLLBACK', message.sealed, { ...world.held, last: newer });
    const other = await world.compose({ grants: [] });
    assert.equal(other.seq, message.seq);
    await refuses('ERR_POLICY_EQUIVOCATION', other.sealed, { ...world.held, last: message });
  });

  it('7: is refused once its time is over', async () => {
    const message = await world.compose();
    await open(message.sealed, world.held, message.exp - 1);
    await refuses('ERR_POLICY_EXPIRED', message.sealed, world.held, message.exp);
  });

  it('8: is refused when it demands what is not understood, and unknown members are ignored otherwise', async () => {
    await refuses('ERR_POLICY_CRITICAL', (await world.compose({ crit: ['rules', 'rules.colour'] })).sealed);
    assert.equal((await open((await world.compose({ crit: ['rules', 'commands.end'] })).sealed)).kind, 'new');
    assert.equal((await open(await changed({ colour: 'blue' }))).kind, 'new');
  });

  it('8: is refused when a section is not what its hash says, older, or another under its version', async () => {
    const sections = world.parts().sections;
    const spoiled = { ...sections, rules: { ...sections.rules, text: `${sections.rules.text} ` } };
    await refuses('ERR_POLICY_SECTION', (await world.compose({ sections: spoiled })).sealed);
    const { hash } = sections.rules;
    const heldAt = (rules: { version: number; hash: string }) => ({ ...world.held, sections: { rules } });
    const { sealed } = await world.compose();
    await refuses('ERR_POLICY_SECTION', sealed, heldAt({ version: 2, hash }));
    await refuses('ERR_POLICY_SECTION', sealed, heldAt({ version: 1, hash: sections.trust.hash }));
    assert.equal((await open(sealed, heldAt({ version: 1, hash }))).kind, 'new');
  });

  it('8: is refused when the value of a section cannot be obeyed', async () => {
    const key = world.values.decryptionKeys[0]!;
    const wrong: Record<string, unknown>[] = [
      { rules: { ...world.values.rules, whenStale: { value: 'maybe', policy: 'p' } } },
      { encryptionKeys: [key, { ...key, kid: id() }] },
      { decryptionKeys: [key, key] },
      { decryptionKeys: [{ ...key, k: 'short' }] },
      { decryptionKeys: [{ ...key, k: undefined }] },
      { decryptionKeys: [{ ...key, database: 'Memos' }] },
      { commands: [{ id: id(), kind: 'erase-keys' }] },
      { trust: { devices: {}, heads: [], knownAt: 1 } },
    ];
    for (const one of wrong) {
      const [name, value] = Object.entries(one)[0] as [keyof SectionValues, unknown];
      const text = JSON.stringify(value);
      const hash = platform.sha256(Buffer.from(text)).toBase64({ alphabet: 'base64url', omitPadding: true });
      const sections = { ...world.parts().sections, [name]: { version: 1, hash, text } };
      await refuses('ERR_POLICY_SECTION', (await world.compose({ sections })).sealed);
    }
  });

  it('8: is refused when it vouches for a device that is not certified, or not of this user', async () => {
    const { user } = world;
    const stranger = await makeDevice();
    const jwk = publicOf(stranger.signingKey);
    const vouch = async (certificate: string, listed = { id: stranger.device, user }) => {
      const devices = [{ ...listed, certificate, state: 'active' as const }];
      const values = { ...world.values, trust: { ...world.values.trust, devices } };
      return (await world.compose({ sections: sectionsOf(values) })).sealed;
    };
    const certificate = { device: stranger.device, user, jwk, iat: NOW };
    const { identityKey } = world.server;
    assert.equal((await open(await vouch(await certify(identityKey, certificate)))).kind, 'new');
    await refuses('ERR_POLICY_SECTION', await vouch(await certify(stranger.signingKey, certificate)));
    await refuses(
      'ERR_POLICY_SECTION',
      await vouch(await certify(identityKey, { ...certificate, device: id() })),
    );
    const elsewhere = { ...certificate, user: id() };
    await refuses(
      'ERR_POLICY_SECTION',
      await vouch(await certify(identityKey, elsewhere), { id: stranger.device, user: elsewhere.user }),
    );
  });

  it('names the first check that fails', async () => {
    const late = NOW * 2;
    const last = { seq: NOW + 1, hash: 'other' };
    const aimedAway = await world.compose({ device: id(), crit: ['x'] });
    await refuses('ERR_POLICY_AUDIENCE', aimedAway.sealed, { ...world.held, last }, late);
    const demanding = await world.compose({ crit: ['x'] });
    await refuses('ERR_POLICY_ROLLBACK', demanding.sealed, { ...world.held, last }, late);
    await refuses('ERR_POLICY_EXPIRED', demanding.sealed, world.held, late);
  });
});
