import assert from 'node:assert/strict';
import {
  constants,
  createECDH,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
} from 'node:crypto';
import { test } from 'node:test';
import { openEnvelope, sealEnvelope } from '../../../crypto/index.ts';
import { fromBase64Url, fromUtf8, toBase64Url, toHex, utf8 } from '../../../lib/bytes.ts';
import { nodePlatform as platform } from '../../../platform/node.ts';
import { jwkOf, keyObject, publicJwk, thumbprintOf } from '../public-key.ts';
import type { Decrypted, PrivateOperations, PublicWayIn, WayIn } from '../way-in.ts';
import { deriveKey } from './concat-kdf.ts';
import { identityOf, recipientOf, verifyByWayIn, wayInOf } from './index.ts';
import { unpadOaep } from './oaep.ts';

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = (modulusLength = 2048) => generateKeyPairSync('rsa', { modulusLength });
/** Making RSA keys takes long: each once. */
const pairs = { ec: p256(), rsa2048: rsa(), rsa3072: rsa(3072), ecSigns: p256(), rsaSigns: rsa() };

const part = async (key: KeyObject) => {
  const jwk = jwkOf(key, 'a key');
  return { jwk, thumbprint: await thumbprintOf(jwk) };
};

/** A holder of keys that does what a token does, by OpenSSL. */
async function holder(
  decipher: { publicKey: KeyObject; privateKey: KeyObject },
  signing: { publicKey: KeyObject; privateKey: KeyObject },
  alter: Partial<PrivateOperations> = {},
): Promise<WayIn> {
  const publicPart: PublicWayIn = {
    kind: 'token',
    name: 'holder',
    decipher: await part(decipher.publicKey),
    signature: await part(signing.publicKey),
  };
  return wayInOf(publicPart, {
    async agree(point) {
      const [x, y] = [point.subarray(1, 33), point.subarray(33)].map(toBase64Url);
      const publicKey = keyObject(publicJwk({ kty: 'EC', crv: 'P-256', x, y }, 'epk'));
      return diffieHellman({ privateKey: decipher.privateKey, publicKey });
    },
    async decrypt(ciphertext): Promise<Decrypted> {
      const key = { key: decipher.privateKey, padding: constants.RSA_NO_PADDING };
      return { kind: 'block', bytes: privateDecrypt(key, ciphertext) };
    },
    async sign(bytes) {
      return sign('sha256', bytes, { key: signing.privateKey, dsaEncoding: 'ieee-p1363' });
    },
    async close() {},
    ...alter,
  });
}

const id = (): string => toBase64Url(platform.random(16));
const place = { chain: id(), keyring: id(), number: 0, custody: 'user' } as const;
const keys = [{ database: id(), key: platform.random(32) }];

const oaepByToken = (privateKey: KeyObject): Partial<PrivateOperations> => ({
  async decrypt(ciphertext): Promise<Decrypted> {
    return { kind: 'message', bytes: privateDecrypt({ key: privateKey, oaepHash: 'sha256' }, ciphertext) };
  },
});

const kinds = {
  'P-256': () => holder(pairs.ec, pairs.ecSigns),
  'RSA-2048, unpadded here': () => holder(pairs.rsa2048, pairs.rsaSigns),
  'RSA-3072, unpadded here': () => holder(pairs.rsa3072, pairs.ecSigns),
  'RSA-2048, unpadded by the token': () =>
    holder(pairs.rsa2048, pairs.rsaSigns, oaepByToken(pairs.rsa2048.privateKey)),
};

for (const [kind, make] of Object.entries(kinds)) {
  test(`${kind}: an envelope costs one operation, whoever else it is for`, async () => {
    const [way, other] = [await make(), await holder(p256(), pairs.ecSigns)];
    for (const recipients of [[way], [other, way]]) {
      const before = way.operations;
      const bytes = await sealEnvelope(
        platform,
        place,
        keys,
        recipients.map((one) => recipientOf(one.public)),
      );
      const opened = await openEnvelope(platform, bytes, place, new Map(), [identityOf(way)]);
      assert.deepEqual(
        [...opened],
        keys.map(({ database, key }) => [database, key]),
      );
      assert.equal(way.operations - before, 1);
    }
  });

  test(`${kind}: what was altered does not open, and a header for another key costs nothing`, async () => {
    const way = await make();
    const bytes = await sealEnvelope(platform, place, keys, [
      recipientOf(way.public),
      recipientOf(way.public),
    ]);
    const json = JSON.parse(fromUtf8(bytes));
    const open = (alter: (recipient: { header: Record<string, unknown>; encrypted_key: string }) => void) => {
      const copy = structuredClone(json);
      alter(copy.recipients[0]);
      return openEnvelope(platform, utf8(JSON.stringify(copy)), place, new Map(), [identityOf(way)]);
    };
    await assert.doesNotReject(open(() => {}));
    const flipped = fromBase64Url(json.recipients[0].encrypted_key);
    flipped[flipped.length - 1]! ^= 1;
    const altered = { code: 'ERR_NOT_AUTHENTIC' };
    await assert.rejects(
      open((r) => (r.encrypted_key = toBase64Url(flipped))),
      altered,
    );
    const count = way.operations;
    await assert.rejects(
      open((r) => (r.header.alg = 'RSA1_5')),
      altered,
    );
    await assert.rejects(
      open((r) => (r.header.alg = 'dir')),
      altered,
    );
    await assert.rejects(
      open((r) => (r.encrypted_key = r.encrypted_key.slice(0, 8))),
      altered,
    );
    if (kind === 'P-256') {
      const off = {
        kty: 'EC',
        crv: 'P-256',
        x: toBase64Url(randomBytes(32)),
        y: toBase64Url(randomBytes(32)),
      };
      await assert.rejects(
        open((r) => (r.header.epk = off)),
        altered,
        'a point that is not on the curve',
      );
      await assert.rejects(
        open((r) => (r.header.apu = 7)),
        altered,
      );
    }
    assert.equal(way.operations, count);
  });

  test(`${kind}: what it signs verifies by its public part, as what it is`, async () => {
    const [way, other] = [await make(), await holder(pairs.ec, p256())];
    const payload = utf8('{"v":1}');
    const jws = await way.sign(payload, 'holdfast-owner+jws');
    assert.deepEqual(await verifyByWayIn(jws, way.public.signature, 'holdfast-owner+jws', 'it'), payload);
    const refused = { code: 'ERR_NOT_AUTHENTIC' };
    await assert.rejects(verifyByWayIn(jws, way.public.signature, 'holdfast-grant+jwt', 'it'), refused);
    await assert.rejects(verifyByWayIn(jws, other.public.signature, 'holdfast-owner+jws', 'it'), refused);
    const [head, , tail] = jws.split('.');
    const forged = `${head}.${toBase64Url(utf8('{"v":2}'))}.${tail}`;
    await assert.rejects(verifyByWayIn(forged, way.public.signature, 'holdfast-owner+jws', 'it'), refused);
  });
}

test('the vector of RFC 7518 appendix C gives the derived key', () => {
  const bob = fromBase64Url('VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw');
  const [x, y] = [
    'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
    'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
  ];
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(bob);
  const secret = curve.computeSecret(Buffer.concat([Buffer.of(4), fromBase64Url(x!), fromBase64Url(y!)]));
  const key = deriveKey(secret, 'A128GCM', utf8('Alice'), utf8('Bob'), 128);
  assert.equal(toBase64Url(key), 'VqqN6vgjbSBcIijNcacQGg');
});

test('unpadding agrees with OpenSSL, and answers any fault with the other key', () => {
  const message = randomBytes(32);
  const otherwise = new Uint8Array(32).fill(0xee);
  for (const { publicKey, privateKey } of [pairs.rsa2048, pairs.rsa3072]) {
    const raw = (ciphertext: Buffer) =>
      new Uint8Array(privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, ciphertext));
    const padded = (bytes: Buffer, oaepHash = 'sha256') =>
      raw(publicEncrypt({ key: publicKey, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, bytes));
    const block = padded(message);
    assert.equal(toHex(unpadOaep(block, otherwise)), message.toString('hex'));
    for (let i = 0; i < block.length; i++) {
      const altered = block.slice();
      altered[i]! ^= 1 << (i % 8);
      assert.deepEqual(unpadOaep(altered, otherwise), otherwise, `byte ${i}`);
    }
    assert.deepEqual(unpadOaep(padded(randomBytes(31)), otherwise), otherwise, 'a shorter message');
    assert.deepEqual(unpadOaep(padded(randomBytes(33)), otherwise), otherwise, 'a longer message');
    assert.deepEqual(unpadOaep(padded(message, 'sha1'), otherwise), otherwise, 'another hash');
  }
});

test('public keys of other kinds are refused', () => {
  const refused = { code: 'ERR_PUBLIC_PART' };
  const jwk = (key: KeyObject) => key.export({ format: 'jwk' });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
  for (const bad of [
    jwk(p384),
    jwk(generateKeyPairSync('ed25519').publicKey),
    jwk(rsa(1024).publicKey),
    jwk(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey),
    { ...jwk(pairs.ec.publicKey), y: toBase64Url(randomBytes(32)) },
    {},
    null,
    'key',
  ])
    assert.throws(() => publicJwk(bad, 'it'), refused);
  assert.equal('d' in publicJwk(jwk(pairs.ec.privateKey), 'it'), false, 'no secret passes');
});
