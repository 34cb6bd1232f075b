import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompactSign, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { fromUtf8, toBase64Url, utf8 } from '../../lib/bytes.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import {
  algorithms,
  decipherKey,
  followOwnerRecords,
  keyThumbprint,
  type OwnerRecord,
  openOwnerRecord,
  type PublicWay,
  signatureKey,
  signOwnerRecord,
  type WaySigner,
} from './index.ts';

interface Way extends PublicWay {
  readonly sign: WaySigner;
}

type Kind = 'ES256' | 'RS256' | 'EdDSA';

async function makeWay(name: string, kind: Kind = 'ES256'): Promise<Way> {
  const pair = await generateKeyPair(kind, { extractable: true });
  const secret = await exportJWK(pair.privateKey);
  const signature = signatureKey(await exportJWK(pair.publicKey));
  const other = await generateKeyPair('ECDH-ES', { extractable: true });
  const decipher = decipherKey(await exportJWK(other.publicKey));
  return { kind: 'software', name, decipher, signature, sign: signer(secret, signature) };
}

function signer(secret: JWK, signature: PublicWay['signature']): WaySigner {
  const alg = algorithms[signature.kty];
  return async (typ, payload) =>
    new CompactSign(payload)
      .setProtectedHeader({ alg, typ, kid: await keyThumbprint(signature) })
      .sign(await importJWK(secret, alg));
}

const id = (): string => toBase64Url(platform.random(16));
const open = ({ kind, name, decipher, signature }: Way): PublicWay => ({ kind, name, decipher, signature });
const user = id();
const [token, phrase, second, stranger] = await Promise.all([
  makeWay('token', 'RS256'),
  makeWay('phrase'),
  makeWay('second', 'EdDSA'),
  makeWay('stranger'),
]);

async function record(
  before: Uint8Array | undefined,
  ways: readonly Way[],
  signers: readonly Way[],
  more: Partial<OwnerRecord> = {},
): Promise<Uint8Array> {
  const last = before && openOwnerRecord(platform, before);
  const value: OwnerRecord = {
    v: 1,
    user,
    version: (last?.record.version ?? 0) + 1,
    ...(last && { prev: last.hash }),
    time: 1_800_000_000_000,
    ways: ways.map(open),
    devices: [],
    heads: [],
    ...more,
  };
  return signOwnerRecord(
    value,
    signers.map(({ sign }) => sign),
  );
}

const shown = (...records: readonly Uint8Array[]): Map<number, Uint8Array> =>
  new Map(records.map((bytes, i) => [i + 1, bytes]));
const from = (way: Way) => ({ kind: 'way', signature: way.signature }) as const;

const first = await record(undefined, [token, phrase], [token, phrase]);
const added = await record(first, [token, phrase, second], [phrase, second]);
const removed = await record(added, [phrase, second], [second]);

test('every way in leads to the newest record, with keys of every kind', async () => {
  for (const way of [token, phrase, second]) {
    const found = await followOwnerRecords(platform, shown(first, added, removed), from(way));
    assert.equal(found.record.version, 3, way.name);
    assert.deepEqual(
      found.record.ways.map(({ name }) => name),
      ['phrase', 'second'],
    );
  }
  const known = { kind: 'record', bytes: first } as const;
  assert.equal((await followOwnerRecords(platform, shown(first, added), known)).record.version, 2);
  const offline = await followOwnerRecords(platform, new Map(), known);
  assert.equal(offline.record.version, 1);
});

test('a way in that never signed knows nothing', async () => {
  const code = 'ERR_OWNER_UNKNOWN';
  await assert.rejects(followOwnerRecords(platform, shown(first), from(stranger)), { code });
  const forged = await record(undefined, [token, stranger], [stranger]);
  await assert.rejects(followOwnerRecords(platform, shown(forged), from(token)), { code });
});

test('a record counts when a way in of the one before has signed it, and every new one', async () => {
  const code = 'ERR_OWNER_SIGNER';
  const byStranger = await record(first, [token, phrase, stranger], [stranger]);
  await assert.rejects(followOwnerRecords(platform, shown(first, byStranger), from(phrase)), { code });
  const unasked = await record(first, [token, phrase, stranger], [token]);
  await assert.rejects(followOwnerRecords(platform, shown(first, unasked), from(phrase)), { code });
  const byRemoved = await record(removed, [phrase, second, token], [token]);
  await assert.rejects(followOwnerRecords(platform, shown(first, added, removed, byRemoved), from(phrase)), {
    code,
  });
});

test('gaps, older states and forks are found', async () => {
  const known = { kind: 'record', bytes: added } as const;
  await assert.rejects(followOwnerRecords(platform, shown(first), known), { code: 'ERR_OWNER_ROLLBACK' });
  const gap = new Map([
    [1, first],
    [3, removed],
  ]);
  await assert.rejects(followOwnerRecords(platform, gap, from(token)), { code: 'ERR_OWNER_ROLLBACK' });
  const other = await record(first, [token, phrase], [token], { time: 5 });
  await assert.rejects(followOwnerRecords(platform, shown(first, other), known), {
    code: 'ERR_OWNER_FORKED',
  });
  await assert.rejects(followOwnerRecords(platform, shown(first, other, removed), from(token)), {
    code: 'ERR_OWNER_FORKED',
  });
  const elsewhere = await record(first, [token, phrase], [token], { user: id() });
  await assert.rejects(followOwnerRecords(platform, shown(first, elsewhere), from(phrase)), {
    code: 'ERR_OWNER_FORKED',
  });
});

test('nothing of it can be altered', async () => {
  const text = fromUtf8(first);
  for (let at = 0; at < text.length; at += 37) {
    if (text[at] === '.' || text[at] === '\n') continue;
    const altered = utf8(text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1));
    await assert.rejects(async () => {
      await followOwnerRecords(platform, shown(altered), from(token));
      // What is left may be another one's signature: then that one's no longer leads here.
      await followOwnerRecords(platform, shown(altered), from(phrase));
    });
  }
});

test('malformed records are refused', async () => {
  const code = 'ERR_OWNER_MALFORMED';
  const lines = fromUtf8(first).split('\n');
  const twice = utf8([lines[0], lines[0]].join('\n'));
  const two = utf8([lines[0], fromUtf8(added).split('\n')[0]].join('\n'));
  for (const bytes of [utf8(''), utf8('a.b.c'), utf8('{}'), twice, two, new Uint8Array(5 << 20)])
    assert.throws(() => openOwnerRecord(platform, bytes), { code });
  for (const more of [
    { ways: [] },
    { user: 'x' },
    { v: 2 },
    { time: -1 },
    { prev: 'x' },
    { ways: [open(token), open(token)] },
  ]) {
    const bytes = await record(undefined, [token], [token], more as Partial<OwnerRecord>);
    assert.throws(() => openOwnerRecord(platform, bytes), { code }, JSON.stringify(more).slice(0, 40));
  }
  const wrong = new Map([[2, first]]);
  await assert.rejects(followOwnerRecords(platform, wrong, from(token)), { code });
});
