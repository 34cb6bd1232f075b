import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT } from 'jose/jwt/sign';
import { utf8 } from '../../lib/bytes.ts';
import {
  checkGrantTime,
  type GrantInput,
  keySigner,
  PROOF_WINDOW,
  type ProofSubject,
  type PublicKey,
  publicKey,
  signEnded,
  signGrant,
  signProof,
  thumbprint,
  verifyEnded,
  verifyGrant,
  verifyProof,
} from './index.ts';

const area = 'AAECAwQFBgcICQoLDA0ODw';
const elsewhere = 'BBECAwQFBgcICQoLDA0ODw';
const now = 1_800_000_000_000;

type KeyKind = 'Ed25519' | 'P-256' | 'RSA';

async function makeKey(kind: KeyKind = 'Ed25519') {
  const algorithm =
    kind === 'Ed25519'
      ? { name: 'Ed25519' }
      : kind === 'P-256'
        ? { name: 'ECDSA', namedCurve: 'P-256' }
        : {
            name: 'RSASSA-PKCS1-v1_5',
            modulusLength: 2048,
            publicExponent: new Uint8Array([1, 0, 1]),
            hash: 'SHA-256',
          };
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const secret = await crypto.subtle.exportKey('jwk', pair.privateKey);
  const open = publicKey(await crypto.subtle.exportKey('jwk', pair.publicKey));
  return { secret, open, sign: keySigner(secret), kid: await thumbprint(open) };
}

const issuer = await makeKey();
const device = await makeKey();
const stranger = await makeKey();
const trusted = new Map([[issuer.kid, issuer.open]]);

const input = (changes: Partial<GrantInput> = {}): GrantInput => ({
  issuer: issuer.kid,
  device: device.open,
  area,
  prefix: 'USER/',
  rights: ['read'],
  issuedAt: now,
  expiresAt: now + 3_600_000,
  ...changes,
});

test('a grant is accepted with its claims, for keys of every kind', async () => {
  for (const kind of ['Ed25519', 'P-256', 'RSA'] as const) {
    const key = await makeKey(kind);
    const jwt = await signGrant(key.sign, input({ issuer: key.kid, quota: 5, rights: ['append', 'read'] }));
    const grant = await verifyGrant(jwt, area, new Map([[key.kid, key.open]]));
    assert.deepEqual([grant.prefix, grant.rights, grant.quota], ['USER/', ['append', 'read'], 5]);
    assert.equal(grant.device, device.kid);
  }
});

test('a grant for another area, by another issuer or in another name is refused', async () => {
  const refused = { code: 'ERR_GRANT_REFUSED', kind: 'no-key' };
  const good = await signGrant(issuer.sign, input());
  await assert.rejects(verifyGrant(good, elsewhere, trusted), refused);
  await assert.rejects(verifyGrant(good, area, new Map()), refused);
  await assert.rejects(verifyGrant(await signGrant(stranger.sign, input()), area, trusted), refused);
  const swapped = new Map([[issuer.kid, stranger.open]]);
  await assert.rejects(verifyGrant(good, area, swapped), refused);
  const other = new Map([...trusted, [stranger.kid, stranger.open] as const]);
  await assert.rejects(
    verifyGrant(await signGrant(stranger.sign, input()), area, other),
    refused,
    'iss is not kid',
  );
  for (const junk of ['', '.', '..', 'a.b.c', good.slice(0, -4), `${good}AAAA`, 'x'.repeat(5000)]) {
    await assert.rejects(verifyGrant(junk, area, trusted), refused);
  }
});

test('every changed character makes a grant worthless', async () => {
  const good = await signGrant(issuer.sign, input());
  for (let at = 0; at < good.length - 1; at += 7) {
    const changed = good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1);
    await assert.rejects(verifyGrant(changed, area, trusted), { code: 'ERR_GRANT_REFUSED' });
  }
});

test('the message chooses neither algorithm nor key nor type', async () => {
  const claims = JSON.parse(
    new TextDecoder().decode(
      Uint8Array.fromBase64((await signGrant(issuer.sign, input())).split('.')[1]!, {
        alphabet: 'base64url',
      }),
    ),
  );
  const head = { typ: 'holdfast-grant+jwt', kid: issuer.kid };
  const b64 = (value: unknown) =>
    utf8(JSON.stringify(value)).toBase64({ alphabet: 'base64url', omitPadding: true });
  const unsigned = `${b64({ alg: 'none', ...head })}.${b64(claims)}.`;
  const mac = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', ...head })
    .sign(utf8((issuer.open as { x: string }).x));
  const wrongType = await issuer.sign('holdfast-proof+jws', utf8(JSON.stringify(claims)));
  const extra = await issuer.sign(
    'holdfast-grant+jwt',
    utf8(JSON.stringify({ ...claims, onlyOn: 'sundays' })),
  );
  for (const jwt of [unsigned, mac, wrongType, extra]) {
    await assert.rejects(verifyGrant(jwt, area, trusted), { code: 'ERR_GRANT_REFUSED' });
  }
});

test('a grant that no area would accept is not issued', async () => {
  const day = 24 * 3_600_000;
  await assert.rejects(signGrant(issuer.sign, input({ expiresAt: now + 401 * day })));
  await assert.rejects(signGrant(issuer.sign, input({ expiresAt: now })));
  await assert.rejects(signGrant(issuer.sign, input({ rights: ['delete'], expiresAt: now + 16 * 60_000 })));
  await assert.rejects(signGrant(issuer.sign, input({ rights: [] })));
  await assert.rejects(signGrant(issuer.sign, input({ rights: ['read', 'read'] })));
  await assert.rejects(signGrant(issuer.sign, input({ prefix: 'USER' })));
  await assert.rejects(signGrant(issuer.sign, input({ prefix: '../' })));
  await assert.rejects(signGrant(issuer.sign, input({ prefix: 'a/b/c/d/', quota: 1 })));
});

test('time: expired, not yet, and the edges', () => {
  const grant = { iat: 1000, exp: 2000 };
  checkGrantTime(grant, 1_999_999);
  checkGrantTime(grant, 700_000);
  for (const time of [2_000_000, 699_000]) {
    assert.throws(() => checkGrantTime(grant, time), { code: 'ERR_GRANT_EXPIRED' });
  }
});

const subject: ProofSubject = { op: 'read', area, path: 'USER/a', range: '0-9', grant: 'g'.repeat(43) };

test('a proof counts for its request only', async () => {
  const jws = await signProof(device.sign, subject, now);
  await verifyProof(jws, device.open, device.kid, subject, now);
  const { range: _, ...whole } = subject;
  const others: ProofSubject[] = [
    { ...subject, op: 'append' },
    { ...subject, area: elsewhere },
    { ...subject, path: 'USER/b' },
    { ...subject, range: '0-8' },
    whole,
    { ...subject, limit: 10 },
    { ...subject, after: 'USER/a' },
    { ...subject, digest: 'd'.repeat(43) },
    { ...subject, grant: 'h'.repeat(43) },
  ];
  for (const other of others) {
    await assert.rejects(verifyProof(jws, device.open, device.kid, other, now), {
      code: 'ERR_PROOF_REFUSED',
    });
  }
});

test('a proof by another key, or of another time, does not count', async () => {
  const foreign = await signProof(stranger.sign, subject, now);
  await assert.rejects(verifyProof(foreign, device.open, device.kid, subject, now), {
    code: 'ERR_PROOF_REFUSED',
  });
  const jws = await signProof(device.sign, subject, now);
  for (const away of [-PROOF_WINDOW, PROOF_WINDOW]) {
    await verifyProof(jws, device.open, device.kid, subject, now + away);
    const beyond = now + away + Math.sign(away);
    await assert.rejects(verifyProof(jws, device.open, device.kid, subject, beyond), {
      code: 'ERR_PROOF_TIME',
    });
  }
});

test('a deletion needs a nonce, and nothing else has one', async () => {
  const { range: _, ...plain } = subject;
  const deletion = { ...plain, op: 'delete' as const };
  const nonce = 'n'.repeat(22);
  const jws = await signProof(device.sign, { ...deletion, nonce }, now);
  assert.deepEqual(await verifyProof(jws, device.open, device.kid, deletion, now), { nonce });
  for (const bad of [deletion, { ...subject, nonce }]) {
    const proof = await signProof(device.sign, bad, now);
    const { nonce: _nonce, ...asked } = bad as ProofSubject;
    await assert.rejects(verifyProof(proof, device.open, device.kid, asked, now), {
      code: 'ERR_PROOF_REFUSED',
    });
  }
});

test('a list of ended keys is by an issuer of the area and for the area', async () => {
  const list = { iss: issuer.kid, area, ended: [device.kid], iat: now };
  const jws = await signEnded(issuer.sign, list);
  assert.deepEqual(await verifyEnded(jws, area, trusted), { v: 1, ...list });
  const refused = { code: 'ERR_ENDED_REFUSED' };
  await assert.rejects(verifyEnded(jws, elsewhere, trusted), refused);
  await assert.rejects(verifyEnded(jws, area, new Map()), refused);
  await assert.rejects(verifyEnded(await signEnded(stranger.sign, list), area, trusted), refused);
});

test('keys: public ones of three kinds, reduced to what counts', () => {
  const bad: unknown[] = [
    device.secret,
    null,
    'x',
    {},
    { kty: 'oct', k: 'AAAA' },
    { ...device.open, crv: 'X25519' },
  ];
  for (const key of bad) assert.throws(() => publicKey(key), { code: 'ERR_KEY_UNSUPPORTED' });
  const padded: PublicKey = publicKey({ ...device.open, kid: 'x', use: 'sig', alg: 'Ed25519' });
  assert.deepEqual(padded, device.open);
});
