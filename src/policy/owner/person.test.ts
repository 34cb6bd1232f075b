import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CompactSign, exportJWK, generateKeyPair, importJWK } from 'jose';
import { fromBase64Url, toBase64Url, utf8 } from '../../lib/bytes.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import {
  decipherKey,
  edPublic,
  encodeCard,
  type Invitation,
  keyThumbprint,
  newestOfPerson,
  type OwnerRecord,
  openInvitation,
  openOwnerRecord,
  type PublicWay,
  parseCard,
  personFingerprint,
  personName,
  sameFingerprint,
  signatureKey,
  signInvitation,
  signOwnerRecord,
  type WaySigner,
} from './index.ts';

const id = (): string => toBase64Url(platform.random(16));

async function makeWay(name: string): Promise<{ way: PublicWay; sign: WaySigner }> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const secret = await exportJWK(pair.privateKey);
  const signature = signatureKey(await exportJWK(pair.publicKey));
  const other = await generateKeyPair('ECDH-ES', { extractable: true });
  const sign: WaySigner = async (typ, payload) =>
    new CompactSign(payload)
      .setProtectedHeader({ alg: 'ES256', typ, kid: await keyThumbprint(signature) })
      .sign(await importJWK(secret, 'ES256'));
  const decipher = decipherKey(await exportJWK(other.publicKey));
  return { way: { kind: 'software', name, decipher, signature }, sign };
}

const [ann, second, stranger] = await Promise.all(['ann', 'second', 'stranger'].map(makeWay));
const user = id();
const device = id();
const jwk = edPublic({ kty: 'OKP', crv: 'Ed25519', x: toBase64Url(platform.random(32)) });

async function record(before: Uint8Array | undefined, who: (typeof ann)[], by = who): Promise<Uint8Array> {
  const last = before && openOwnerRecord(platform, before);
  const value: OwnerRecord = {
    ...{ v: 1, user, version: (last?.record.version ?? 0) + 1, time: 1_800_000_000_000 },
    ...(last && { prev: last.hash }),
    ways: who.map((one) => one!.way),
    devices: [{ id: device, name: 'laptop', jwk, state: 'active' }],
    heads: [],
  };
  return signOwnerRecord(
    value,
    by.map((one) => one!.sign),
  );
}

const first = await record(undefined, [ann]);
const newer = await record(first, [ann, second]);
const fork = await record(first, [stranger], [stranger]);

test('a card comes back as it was, and what is none is refused', () => {
  const card = { name: 'Ann Ärger', device, records: [first, newer] };
  assert.deepEqual(parseCard(encodeCard(card)), card);
  const text = encodeCard(card);
  for (const other of [
    '',
    '[]',
    text.replace('"card"', '"letter"'),
    text.replace('"v":1', '"v":2'),
    text.replace('Ann', 'A\\u0000nn'),
    text.replace('Ann', '../Ann'),
    text.replace(device, device.slice(1)),
    ' '.repeat(2 * 1024 * 1024) + text,
  ])
    assert.throws(() => parseCard(other), { code: 'ERR_CARD', kind: 'integrity' });
});

test('names fit into a line and a folder', () => {
  for (const good of ['Ann', 'Zoë 2', '木村', "D'Arcy"]) assert.equal(personName(good), good);
  for (const bad of ['', ' Ann', 'a/b', 'a\\b', 'a\nb', 'a\u202eb', 'a\u2028b', 'x'.repeat(65)])
    assert.throws(() => personName(bad), JSON.stringify(bad));
});

test('the records of a person follow from each other, and from the known one', async () => {
  assert.equal((await newestOfPerson(platform, [first, newer])).record.version, 2);
  assert.equal((await newestOfPerson(platform, [first, newer], first)).record.version, 2);
  assert.equal((await newestOfPerson(platform, [first], newer)).record.version, 2, 'what is known counts');
  const rejects = (records: Uint8Array[], known?: Uint8Array) =>
    assert.rejects(newestOfPerson(platform, records, known), { kind: 'integrity' });
  await rejects([]);
  await rejects([first, first]);
  await rejects([first, fork]);
  await rejects([fork], newer);
  await rejects([fork], first);
  await rejects([utf8('nonsense')]);
});

test('the fingerprint is of the record, however it is typed', async () => {
  const trusted = await newestOfPerson(platform, [first, newer]);
  const shown = personFingerprint(platform, trusted);
  assert.match(shown, /^[0-9a-f]{4}( [0-9a-f]{4}){7}$/);
  const hashed = platform.sha256(new Uint8Array([...utf8('holdfast/1 person'), ...platform.sha256(newer)]));
  assert.equal(shown.replaceAll(' ', ''), hashed.toHex().slice(0, 32));
  for (const typed of [shown.toUpperCase(), shown.replaceAll(' ', ':'), ` ${shown.replaceAll(' ', '')}\n`])
    assert.ok(sameFingerprint(shown, typed));
  for (const typed of [
    '',
    shown.slice(0, -1),
    `${shown}0`,
    shown.replace(/.$/, (c) => (c === '0' ? '1' : '0')),
  ])
    assert.ok(!sameFingerprint(shown, typed), typed);
  assert.notEqual(shown, personFingerprint(platform, openOwnerRecord(platform, first)));
});

const says: Invitation = {
  ...{ name: 'Ann', records: [first, newer], area: 'https://backup.example/areas/fTmRxSGLTYyLM7wQ7Lzw5A' },
  ...{ device, chain: id(), to: id(), read: 'a.b.c', owner: 'd.e.f', expires: 1_800_000_000_000 },
};
const open = (text: string, known?: Uint8Array) => openInvitation(platform, text, () => known);

test('an invitation is signed by a way in of the newest record', async () => {
  for (const by of [ann, second]) {
    const { invitation, sender } = await open(await signInvitation(says, by!.sign));
    assert.deepEqual(invitation, says);
    assert.equal(sender.record.version, 2);
  }
  const code = 'ERR_INVITATION';
  await assert.rejects(open(await signInvitation(says, stranger!.sign)), { code });
  await assert.rejects(open(await signInvitation({ ...says, device: id() }, ann!.sign)), { code });
  const typed: WaySigner = (_, payload) => ann!.sign('holdfast-owner+jws', payload);
  await assert.rejects(open(await signInvitation(says, typed)), { code });
  // By a way in that is gone since, as is known here.
  const gone = await record(newer, [second]);
  await assert.rejects(open(await signInvitation(says, ann!.sign), gone), { code });
  await assert.rejects(open(await signInvitation({ ...says, records: [first, fork] }, stranger!.sign)), {
    kind: 'integrity',
  });
});

test('no character of an invitation can be another', async () => {
  const text = (await signInvitation(says, ann!.sign)).trim();
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.constantFrom('A', 'b', '3', '-', '.'), async (at, put) => {
      fc.pre(text[at] !== put);
      const altered = text.slice(0, at) + put + text.slice(at + 1);
      // The last character of a signature has bits that say nothing.
      if (at === text.length - 1) return;
      await assert.rejects(open(altered), { kind: 'integrity' });
    }),
    { numRuns: 60 },
  );
  assert.ok(fromBase64Url(text.split('.')[1]!).length > 0);
});
