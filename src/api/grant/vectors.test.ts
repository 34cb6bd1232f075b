import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { utf8 } from '../../lib/bytes.ts';
import {
  checkGrantTime,
  ENDED_TYP,
  GRANT_TYP,
  keySigner,
  PROOF_TYP,
  type ProofSubject,
  publicKey,
  thumbprint,
  verifyEnded,
  verifyGrant,
  verifyProof,
} from './index.ts';

const file = new URL('../../../test/vectors/holdfast/area/vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8'));
const { area, now } = vectors;

const open = (name: 'issuer' | 'device') => {
  const { d: _, ...key } = vectors.keys[name];
  return publicKey(key);
};
const issuers = new Map([[await thumbprint(open('issuer')), open('issuer')]]);
const device = await thumbprint(open('device'));

const asked = (payload: ProofSubject & { readonly v: number; readonly iat: number }): ProofSubject => {
  const { v: _v, iat: _iat, nonce: _nonce, ...subject } = payload;
  return subject;
};

test('what the vectors sign is signed again byte for byte', async () => {
  const [issuer, key] = [keySigner(vectors.keys.issuer), keySigner(vectors.keys.device)];
  const text = (value: unknown) => utf8(JSON.stringify(value));
  assert.equal(await issuer(GRANT_TYP, text(vectors.grant.claims)), vectors.grant.jwt);
  assert.equal(await issuer(ENDED_TYP, text(vectors.ended.payload)), vectors.ended.jws);
  for (const { payload, jws } of vectors.proofs) assert.equal(await key(PROOF_TYP, text(payload)), jws);
});

test('good ones are accepted', async () => {
  const grant = await verifyGrant(vectors.grant.jwt, area, issuers);
  const { hash, device: holder, ...claims } = grant;
  assert.deepEqual([claims, hash, holder], [vectors.grant.claims, vectors.grant.hash, device]);
  checkGrantTime(grant, now);
  for (const { payload, jws } of vectors.proofs) {
    const { nonce } = await verifyProof(jws, open('device'), device, asked(payload), now);
    assert.equal(nonce, payload.nonce);
  }
  assert.deepEqual(await verifyEnded(vectors.ended.jws, area, issuers), vectors.ended.payload);
});

test('bad ones are refused though the signature is right', async () => {
  for (const { why, jwt } of vectors.badGrants) {
    await assert.rejects(verifyGrant(jwt, area, issuers), { code: 'ERR_GRANT_REFUSED' }, why);
  }
  for (const { why, payload, jws } of vectors.badProofs) {
    const proof = verifyProof(jws, open('device'), device, asked(payload), now);
    await assert.rejects(proof, { code: 'ERR_PROOF_REFUSED' }, why);
  }
});
