import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CompactSign, exportJWK, generateKeyPair, importJWK } from 'jose';
import { fromUtf8, toBase64Url } from '../../lib/bytes.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import {
  decipherKey,
  edPublic,
  keyThumbprint,
  type OwnerRecord,
  openOwnerRecord,
  type PublicWay,
  signatureKey,
  signOwnerRecord,
  type WaySigner,
} from '../../policy/owner/index.ts';
import { createIdentity, type SigningIdentity } from '../identity/index.ts';
import { OwnerKeys, OwnerMemory, OwnerTrust } from './index.ts';

let folder: string;
let keys: SigningIdentity;
let token: PublicWay & { readonly sign: WaySigner };
const memories: OwnerMemory[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-owner-'));
  keys = await createIdentity(join(folder, 'identity'), platform);
  token = await makeWay('token');
});
after(async () => {
  for (const memory of memories) memory.close();
  await rm(folder, { recursive: true, force: true });
});

const id = (): string => toBase64Url(platform.random(16));
const user = id();

function memory(file = join(folder, `${id()}.db`)): OwnerMemory {
  const made = new OwnerMemory({ file, platform });
  memories.push(made);
  return made;
}

async function makeWay(name: string): Promise<typeof token> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const secret = await exportJWK(pair.privateKey);
  const signature = signatureKey(await exportJWK(pair.publicKey));
  const other = await generateKeyPair('ECDH-ES', { extractable: true });
  const sign: WaySigner = async (typ, payload) =>
    new CompactSign(payload)
      .setProtectedHeader({ alg: 'ES256', typ, kid: await keyThumbprint(signature) })
      .sign(await importJWK(secret, 'ES256'));
  return { kind: 'software', name, decipher: decipherKey(await exportJWK(other.publicKey)), signature, sign };
}

async function record(before?: Uint8Array, more: Partial<OwnerRecord> = {}): Promise<Uint8Array> {
  const last = before && openOwnerRecord(platform, before);
  const { sign, ...way } = token;
  const mine = { id: keys.device, name: 'laptop', jwk: edPublic(keys.signingKey), state: 'active' } as const;
  const value: OwnerRecord = {
    ...{
      v: 1,
      user,
      version: (last?.record.version ?? 0) + 1,
      time: 1000,
      ways: [way],
      devices: [mine],
      heads: [],
    },
    ...(last && { prev: last.hash }),
    ...more,
  } as OwnerRecord;
  return signOwnerRecord(value, [sign]);
}

test('a device begins with one owner, and keeps what it knows over a restart', async () => {
  const file = join(folder, 'kept.db');
  const first = memory(file);
  assert.throws(() => first.record(), { code: 'ERR_NO_OWNER', kind: 'no-key' });
  const bytes = await record();
  first.begin(new Map([[1, bytes]]), 5);
  assert.throws(() => first.begin(new Map([[1, bytes]]), 5), { code: 'ERR_OWNER_KNOWN' });
  first.keepGrant({ area: 'https://a.example/areas/x', append: 'a', read: 'r', expires: 7 });
  first.keepKeyring('chain', platform.random(40));
  const again = memory(file);
  assert.equal(again.record().user, user);
  assert.equal(again.seenAt(), 5);
  assert.deepEqual(again.grants(), [
    { area: 'https://a.example/areas/x', append: 'a', read: 'r', expires: 7 },
  ]);
  assert.equal(again.keyring('chain')?.length, 40);
  again.forgetKeyring('chain');
  assert.equal(again.keyring('chain'), undefined);
  assert.equal((await stat(file)).mode & 0o077, 0);
  await chmod(file, 0o644);
  assert.throws(() => memory(file), { code: 'ERR_OWNER_MEMORY' });
});

test('it goes on with the records that follow, and with no others', async () => {
  const own = memory();
  const first = await record();
  const second = await record(first, { time: 2000 });
  own.begin(new Map([[1, first]]), 5);
  assert.equal(
    (
      await own.follow(
        new Map([
          [1, first],
          [2, second],
        ]),
        9,
      )
    ).version,
    2,
  );
  assert.equal(own.seenAt(), 9);
  const area = 'https://a.example/areas/x';
  own.keepGrant({ area, append: 'a', read: 'r', expires: 7 });
  assert.equal((await own.follow(new Map([[1, first]]), 9, area)).version, 2, 'an area that is behind');
  await own.follow(
    new Map([
      [1, first],
      [2, second],
    ]),
    9,
    area,
  );
  await assert.rejects(own.follow(new Map([[1, first]]), 10, area), { code: 'ERR_OWNER_ROLLBACK' });
  await assert.rejects(own.follow(new Map(), 10, area), { code: 'ERR_OWNER_ROLLBACK' });
  const strange = await record(undefined, { time: 77 });
  await assert.rejects(own.follow(new Map([[1, strange]]), 10), { code: 'ERR_OWNER_FORKED' });
  const other = await record(first, { time: 3000 });
  await assert.rejects(
    own.follow(
      new Map([
        [1, first],
        [2, other],
      ]),
      10,
    ),
    { code: 'ERR_OWNER_FORKED' },
  );
  assert.deepEqual([own.record().time, own.seenAt(), [...own.records().keys()]], [2000, 9, [1, 2]]);
});

test('data keys go when a way in is taken out, also one that came and went meanwhile', async () => {
  const [second, passing] = [await makeWay('second'), await makeWay('passing')];
  const ways = ({ sign: _, ...way }: typeof token): PublicWay => way;
  const signed = async (before: Uint8Array, list: readonly (typeof token)[]): Promise<Uint8Array> => {
    const last = openOwnerRecord(platform, before);
    const next = { ...last.record, version: last.record.version + 1, prev: last.hash, ways: list.map(ways) };
    return signOwnerRecord(next, [
      token.sign,
      ...list.filter((one) => one !== token).map(({ sign }) => sign),
    ]);
  };
  const first = await record();
  const added = await signed(first, [token, second]);
  const more = await signed(added, [token, second, passing]);
  const gone = await signed(more, [token, second]);
  const shown = (...all: Uint8Array[]) => new Map(all.map((bytes, i) => [i + 1, bytes]));
  for (const [from, to, stays] of [
    [[first], [first, added], true],
    [[first, added], [first, added, more], true],
    [[first, added, more], [first, added, more, gone], false],
    [[first, added], [first, added, more, gone], false],
  ] as const) {
    const own = memory();
    own.begin(shown(...from), 1);
    own.keepKeyring('chain', platform.random(40));
    await own.follow(shown(...to), 2);
    assert.equal(own.keyring('chain') !== undefined, stays, `${from.length} to ${to.length}`);
  }
});

test('the engine seals for every way in, and for no company', async () => {
  const own = memory();
  own.begin(new Map([[1, await record()]]), 5);
  const holder = await OwnerKeys.open(own, keys);
  const use = { database: 'Files', custody: 'user' } as const;
  const thumbprint = await keyThumbprint(token.decipher);
  assert.deepEqual(
    holder.recipients(use).map((one) => one.thumbprint),
    [thumbprint],
  );
  for (const custody of ['company', 'any', 'all'] as const)
    assert.throws(() => holder.recipients({ ...use, custody }), { code: 'ERR_NO_KEY' }, custody);
  assert.equal(holder.recipients({ ...use, custody: 'all', side: 'user' }).length, 1);
  assert.match(await holder.sign('holdfast-proof+jws', platform.random(4)), /^ey/);
  await assert.rejects(holder.sign('holdfast-owner+jws', platform.random(4)), RangeError);
});

test('a device that the owner has not listed, or has ended, backs up nothing', async () => {
  const [mine] = openOwnerRecord(platform, await record()).record.devices;
  for (const devices of [[], [{ ...mine!, state: 'ended' as const }], [{ ...mine!, id: id() }]]) {
    const own = memory();
    own.begin(new Map([[1, await record(undefined, { devices })]]), 5);
    await assert.rejects(OwnerKeys.open(own, keys), { code: 'ERR_NOT_OWNERS_DEVICE', kind: 'no-key' });
  }
});

test('manifests count of the listed devices, of ended ones as far as their heads go', async () => {
  const head = { chain: id(), device: id(), counter: 4, hash: toBase64Url(platform.random(32)) };
  const ended = { id: head.device, name: 'old', jwk: edPublic(keys.signingKey), state: 'ended' } as const;
  const own = openOwnerRecord(platform, await record(undefined, { devices: [ended], heads: [head] }));
  const trust = new OwnerTrust(own.record, 77);
  assert.deepEqual(await trust.signer(head.device), edPublic(keys.signingKey));
  assert.equal(await trust.signer(keys.device), undefined);
  assert.deepEqual([trust.ended(head.device), trust.ended(keys.device), trust.knownAt], [true, false, 77]);
  assert.deepEqual(trust.heads(), [{ ...head, time: 1000 }]);
});

test('a grant is dropped, and no secret lies in the file', async () => {
  const own = memory();
  own.begin(new Map([[1, await record()]]), 5);
  own.keepGrant({ area: 'x', append: 'a', read: 'r', expires: 7 });
  own.keepGrant({ area: 'y', append: 'a', read: 'r', expires: 7 });
  assert.deepEqual([own.putFirst('y'), own.putFirst('z'), own.grants()[0]?.area], [true, false, 'y']);
  assert.equal(own.dropGrant('y'), true);
  assert.deepEqual([own.dropGrant('x'), own.dropGrant('x'), own.grants().length], [true, false, 0]);
  assert.doesNotMatch(fromUtf8(own.known()!.bytes), /"d":/);
});
