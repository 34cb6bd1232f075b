import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { proof, requestParts } from './enrolment-proof.ts';
import {
  certify,
  composeEnrolmentAnswer,
  composeEnrolmentRequest,
  type DeviceKeys,
  derivePolicyKey,
  deriveServerIdentity,
  type EnrolmentCode,
  type EnrolmentRequest,
  encodeEnrolmentCode,
  enrolmentId,
  openEnrolmentAnswer,
  openEnrolmentRequest,
  parseEnrolmentCode,
  parseEnrolmentRequest,
  publicOf,
  type ServerIdentity,
  thumbprint,
} from './index.ts';
import { forge, id, makeDevice, NOW, platform, ROOT } from './samples.test.ts';

const url = 'http://127.0.0.1:8080/holdfast';
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('an enrolment code', () => {
  it('comes back as it was, however it is broken into lines', () => {
    const path = fc.stringMatching(/^(\/[a-z0-9._-]{1,8}[a-z]){0,3}$/);
    const port = fc.integer({ min: 1024, max: 65535 });
    fc.assert(
      fc.property(bytes(32), bytes(16), port, path, (keyHash, secret, at, below) => {
        const code = { url: `https://host.example:${at}${below}`, keyHash, secret };
        const text = encodeEnrolmentCode(platform, code);
        assert.deepEqual(parseEnrolmentCode(platform, text), code);
        assert.deepEqual(parseEnrolmentCode(platform, text.replace(/(.{20})/g, '$1 \n')), code);
      }),
    );
  });

  it('is refused when anything of it is mistyped, and says nothing of the secret', () => {
    const code = { url, keyHash: platform.random(32), secret: platform.random(16) };
    const text = encodeEnrolmentCode(platform, code);
    for (let at = 0; at < text.length; at++) {
      const wrong = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
      for (const one of [wrong, text.slice(0, at)]) {
        assert.throws(
          () => parseEnrolmentCode(platform, one),
          (error: Error & { code?: string }) =>
            error.code === 'ERR_ENROLMENT_CODE' && !error.message.includes(text.slice(60, 80)),
        );
      }
    }
  });

  it('names a server by one spelling only', () => {
    const code = { keyHash: new Uint8Array(32), secret: new Uint8Array(16) };
    const wrong = [
      '',
      'x',
      'ftp://a',
      'http://a/',
      'http://u:p@a',
      'http://a?q',
      'http://a#f',
      'HTTP://a',
      'http://a/x/',
      `http://a/${'x'.repeat(1024)}`,
    ];
    for (const one of wrong) {
      assert.throws(() => encodeEnrolmentCode(platform, { ...code, url: one }), {
        code: 'ERR_ENROLMENT_CODE',
      });
    }
  });
});

describe('an enrolment', () => {
  let server: ServerIdentity;
  let device: DeviceKeys;
  let code: EnrolmentCode;
  let request: EnrolmentRequest;
  const user = { id: id(), name: 'Ada' };
  const info = { os: 'linux', name: 'phone', version: '0.1.0' };

  before(async () => {
    server = await deriveServerIdentity(platform, ROOT);
    device = await makeDevice();
    code = { url, keyHash: server.keyHash, secret: platform.random(16) };
    request = await composeEnrolmentRequest(platform, code, server, device, info, NOW);
  });

  const answerTo = async (secret = code.secret, from = server, certified = device) => {
    const opened = await openEnrolmentRequest(platform, request, code.secret, server);
    const policyKey = await derivePolicyKey(platform, ROOT, device.device);
    const jwk = publicOf(certified.signingKey);
    const certificate = await certify(server.identityKey, {
      device: device.device,
      user: user.id,
      jwk,
      iat: NOW,
    });
    const parts = { request: opened, user, policyKey: publicOf(policyKey), certificate, confirm: true };
    return composeEnrolmentAnswer(platform, secret, from, parts, NOW);
  };

  it('binds both sides', async () => {
    const opened = await openEnrolmentRequest(
      platform,
      parseEnrolmentRequest({ ...request }),
      code.secret,
      server,
    );
    assert.deepEqual(
      { ...opened, hash: '' },
      {
        device: device.device,
        signingKey: publicOf(device.signingKey),
        messageKey: publicOf(device.messageKey),
        ...{ platform: info, iat: NOW, hash: '' },
      },
    );
    assert.equal(request.id, enrolmentId(platform, code.secret));
    const { answer, transcriptCode } = await answerTo();
    const enrolment = await openEnrolmentAnswer(platform, answer, request, code, server, device);
    assert.equal(enrolment.server.id, server.id);
    assert.equal(enrolment.server.url, url);
    assert.deepEqual(enrolment.user, user);
    assert.deepEqual(enrolment.policyKey, publicOf(await derivePolicyKey(platform, ROOT, device.device)));
    assert.equal(enrolment.transcriptCode, transcriptCode);
    assert.match(transcriptCode, /^\d{4} \d{4}$/);
    assert(!('d' in enrolment.server.identityKey) && !('d' in enrolment.server.receiveKey));
    // Fresh randomness of the server: another answer, another code.
    assert.notEqual((await answerTo()).transcriptCode, transcriptCode);
  });

  it('sends nothing to a server that the code does not name', async () => {
    const other = await deriveServerIdentity(platform, new Uint8Array(32));
    const half = { identityKey: server.identityKey, receiveKey: other.receiveKey };
    for (const one of [other, half]) {
      await assert.rejects(composeEnrolmentRequest(platform, code, one, device, info, NOW), {
        code: 'ERR_ENROLMENT_SERVER',
      });
    }
  });

  it('refuses a request made without the secret, or altered', async () => {
    const refuses = (one: EnrolmentRequest, secret = code.secret, by = server) =>
      assert.rejects(openEnrolmentRequest(platform, one, secret, by), { code: 'ERR_ENROLMENT_REQUEST' });
    await refuses(request, platform.random(16));
    await refuses({ ...request, id: id() });
    await refuses({ ...request, sealed: `${request.sealed.slice(0, -2)}AA` });
    await refuses({ ...request, mac: 'A'.repeat(43) });
    await refuses(request, code.secret, await deriveServerIdentity(platform, new Uint8Array(32)));
    // The device does not hold the key that it wants certified.
    const kid = await thumbprint(device.signingKey);
    const claim = { v: 1, kind: 'request', device: device.device, signingKey: publicOf(device.signingKey) };
    const thief = (await makeDevice()).signingKey;
    const sealed = await forge(claim, thief, server.receiveKey, { typ: 'holdfast-enrolment+jws', kid });
    const proven = requestParts(server.keyHash, request.id, sealed);
    await refuses({ ...request, sealed, mac: await proof(platform, code.secret, 'request', proven) });
    for (const body of [
      null,
      [],
      { ...request, v: 2 },
      { ...request, sealed: 'x'.repeat(40_000) },
      { ...request, id: 1 },
    ]) {
      assert.throws(() => parseEnrolmentRequest(body), { code: 'ERR_ENROLMENT_REQUEST' });
    }
  });

  it('refuses an answer without proof of secret, server and request', async () => {
    const refuses = (body: unknown, to = request, keys = device) =>
      assert.rejects(openEnrolmentAnswer(platform, body, to, code, server, keys), {
        code: 'ERR_ENROLMENT_ANSWER',
      });
    const { answer } = await answerTo();
    await refuses((await answerTo(platform.random(16))).answer);
    await refuses({ ...answer, mac: request.mac });
    await refuses({ ...answer, sealed: `${answer.sealed.slice(0, -2)}AA` });
    await refuses(answer, await composeEnrolmentRequest(platform, code, server, device, info, NOW));
    await refuses(answer, request, await makeDevice());
    // One who knows the secret, but does not hold the key of the server.
    const impostor = {
      ...server,
      identityKey: (await deriveServerIdentity(platform, new Uint8Array(32))).identityKey,
    };
    await refuses((await answerTo(code.secret, impostor)).answer);
    // A certificate of another key.
    await refuses((await answerTo(code.secret, server, await makeDevice())).answer);
    for (const body of [null, 'x', { v: 1 }, { ...answer, v: 2 }]) await refuses(body);
  });
});
