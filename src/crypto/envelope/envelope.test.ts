import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { fromUtf8, toBase64Url, utf8 } from '../../lib/bytes.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import type { Identity, Recipient } from '../index.ts';
import { commitment, joinShares, openEnvelope, sealEnvelope, shareCommitment } from './index.ts';

const id = (): string => toBase64Url(platform.random(16));
const place = { chain: id(), keyring: id(), number: 0, custody: 'company' } as const;
const keys = [
  { database: id(), key: platform.random(32) },
  { database: id(), key: platform.random(32) },
];
const expected = new Map(
  keys.map(({ database, key }) => [
    database,
    toBase64Url(commitment(platform, key, unb64(place.chain), unb64(database))),
  ]),
);

function unb64(text: string): Uint8Array {
  return Uint8Array.fromBase64(text, { alphabet: 'base64url' });
}

async function pair(kind: 'symmetric' | 'ec' | 'rsa'): Promise<{ recipient: Recipient; identity: Identity }> {
  if (kind === 'symmetric') {
    const key = platform.random(32);
    const thumbprint = await calculateJwkThumbprint({ kty: 'oct', k: toBase64Url(key) });
    return { recipient: { kind, thumbprint, key }, identity: { kind, thumbprint, key } };
  }
  const algorithm = kind === 'ec' ? 'ECDH-ES+A256KW' : 'RSA-OAEP-256';
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = (await exportJWK(publicKey)) as JsonWebKey;
  const privateJwk = (await exportJWK(privateKey)) as JsonWebKey;
  const thumbprint = await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]);
  return { recipient: { kind, thumbprint, jwk }, identity: { kind, thumbprint, privateJwk } };
}

for (const kind of ['symmetric', 'ec', 'rsa'] as const)
  test(`what was sealed for one ${kind} recipient opens with its identity only`, async () => {
    const [mine, other] = [await pair(kind), await pair(kind)];
    const bytes = await sealEnvelope(platform, place, keys, [mine.recipient]);
    const opened = await openEnvelope(platform, bytes, place, expected, [other.identity, mine.identity]);
    assert.deepEqual(
      [...opened.values()],
      keys.map((k) => k.key),
    );
    await assert.rejects(openEnvelope(platform, bytes, place, expected, [other.identity]), {
      code: 'ERR_NO_KEY',
    });
  });

test('each of several recipients opens it, and no stable id is seen', async () => {
  const all = [await pair('symmetric'), await pair('ec'), await pair('rsa')];
  const recipients = all.map((one) => one.recipient);
  const bytes = await sealEnvelope(platform, place, keys, recipients);
  for (const { identity } of all)
    assert.equal((await openEnvelope(platform, bytes, place, expected, [identity])).size, 2);
  const again = await sealEnvelope(platform, { ...place, keyring: id() }, keys, recipients);
  const kids = (jwe: Uint8Array): string[] =>
    JSON.parse(fromUtf8(jwe)).recipients.map((r: { header: { kid: string } }) => r.header.kid);
  assert.equal(new Set([...kids(bytes), ...kids(again)]).size, 6);
});

test('altered envelopes, those of another place and other keys are refused', async () => {
  const { recipient, identity } = await pair('symmetric');
  const bytes = await sealEnvelope(platform, place, keys, [recipient]);
  const open = (b: Uint8Array, p: Omit<typeof place, 'custody' | 'number'> & { number: number } = place) =>
    openEnvelope(platform, b, p, expected, [identity]);

  const json = JSON.parse(fromUtf8(bytes));
  for (const part of ['protected', 'iv', 'ciphertext', 'tag'] as const) {
    const flipped = unb64(json[part]);
    flipped[flipped.length - 1]! ^= 1;
    const altered = utf8(JSON.stringify({ ...json, [part]: toBase64Url(flipped) }));
    await assert.rejects(open(altered), { code: 'ERR_NOT_AUTHENTIC' }, part);
  }
  await assert.rejects(open(utf8('[]')), { code: 'ERR_NOT_AUTHENTIC' });
  await assert.rejects(open(bytes, { ...place, number: 1 }), { code: 'ERR_NOT_AUTHENTIC' });
  await assert.rejects(open(bytes, { ...place, chain: id() }), { code: 'ERR_NOT_AUTHENTIC' });
  const swapped = new Map([...expected].map(([database]) => [database, toBase64Url(platform.random(32))]));
  await assert.rejects(openEnvelope(platform, bytes, place, swapped, [identity]), { code: 'ERR_COMMITMENT' });
  const more = new Map([...expected, [id(), toBase64Url(platform.random(32))]]);
  await assert.rejects(openEnvelope(platform, bytes, place, more, [identity]), { code: 'ERR_COMMITMENT' });
});

test('shares: an envelope of one side is none of the other, and both together give the key', async () => {
  const { recipient, identity } = await pair('ec');
  const [{ database }] = keys as [(typeof keys)[0]];
  const shares = { company: platform.random(32), user: platform.random(32) };
  const [chain, at] = [unb64(place.chain), unb64(database)];
  const open = (bytes: Uint8Array, side: 'company' | 'user', share: Uint8Array) => {
    const wanted = toBase64Url(shareCommitment(platform, share, chain, at, side));
    return openEnvelope(platform, bytes, { ...place, side }, new Map([[database, wanted]]), [identity]);
  };
  const opened: { company?: Uint8Array; user?: Uint8Array } = {};
  for (const side of ['company', 'user'] as const) {
    const sealed = [{ database, key: shares[side] }];
    const bytes = await sealEnvelope(platform, { ...place, custody: 'all', side }, sealed, [recipient]);
    opened[side] = (await open(bytes, side, shares[side])).get(database)!;
    const other = side === 'company' ? 'user' : 'company';
    await assert.rejects(open(bytes, other, shares[side]), { code: 'ERR_NOT_AUTHENTIC' });
    await assert.rejects(open(bytes, side, shares[other]), { code: 'ERR_COMMITMENT' });
    await assert.rejects(openEnvelope(platform, bytes, place, new Map(), [identity]), {
      code: 'ERR_NOT_AUTHENTIC',
    });
  }
  const keyring = unb64(place.keyring);
  const { company, user } = opened as Required<typeof opened>;
  assert.deepEqual(
    joinShares(platform, { company, user }, keyring, at),
    joinShares(platform, shares, keyring, at),
  );
  const swapped = joinShares(platform, { company: user, user: company }, keyring, at);
  assert.notDeepEqual(swapped, joinShares(platform, shares, keyring, at));
});
