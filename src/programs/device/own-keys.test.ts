/** A user's own keys on managed devices: the record is followed, and only as far as the user's keys have signed it (U1, U2). */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { callDevice, type ParamsOf, type WayParams } from '../../api/device/index.ts';
import { phraseOf, type WayIn, wayInFromPhrase } from '../../custody/wim/index.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import { generateSigningKey, newId } from '../../policy/message/index.ts';
import { edPublic, type OwnerRecord, openOwnerRecord, signOwnerRecord } from '../../policy/owner/index.ts';
import { addIssuer } from '../storage/index.ts';
import type { Device } from './index.ts';
import {
  openArea,
  publicWay,
  readGrant,
  recordGrant,
  shownRecords,
  signerOf,
  storeRecord,
} from './owner/index.ts';
import { world } from './world.test.ts';

const w = await world();
let laptop: Device;
let card: WayIn;
let stranger: WayIn;
let params: { card: WayParams; paper: WayParams };
const call = <N extends Parameters<typeof callDevice>[1]>(name: N, more: ParamsOf<N>) =>
  callDevice(laptop, name, more);

before(async () => {
  const databases = { '*': { backup: 'allow', encrypt: 'user', custody: 'any', into: 'allow' } };
  await w.applyPolicy({ databases });
  const words = Array.from({ length: 3 }, () => phraseOf(platform.random(32)));
  const ways = await Promise.all(words.map((one) => wayInFromPhrase(one)));
  [card, stranger] = [ways[0]!, ways[2]!];
  params = {
    card: { kind: 'phrase', words: words[0]! },
    paper: { kind: 'phrase', words: words[1]! },
  };
  laptop = await w.enrolled('laptop', 'ann');
  await call('sourceAdd', { database: 'Files', kind: 'folder', path: await w.tree('files', { a: 'one' }) });
  await call('waysUse', { name: 'laptop', ways: [params.card, params.paper] });
});

/** What somebody stores in the area as the next record. */
async function store(signers: readonly WayIn[], change: Partial<OwnerRecord>): Promise<void> {
  const keys = { device: newId(platform), signingKey: await generateSigningKey() };
  const { user } = await call('owner', {});
  const grantee = { user, device: keys.device, jwk: edPublic(keys.signingKey) };
  const now = Date.now();
  const grants = {
    append: await recordGrant(card, grantee, w.area, now),
    read: await readGrant(card, grantee, w.area, now),
  };
  const context = { clock: Date.now, signal: new AbortController().signal };
  const area = openArea(context, keys, { uri: w.area, user, grants });
  try {
    const last = openOwnerRecord(platform, [...(await shownRecords(area)).values()].at(-1)!);
    const next = { ...last.record, version: last.record.version + 1, prev: last.hash, ...change };
    await storeRecord(area, next.version, await signOwnerRecord(next, signers.map(signerOf)));
  } finally {
    await area.close();
  }
}

async function backup(text: string) {
  await writeFile(join(w.scratch, 'files', 'a'), text);
  return call('backup', {});
}

test('what another device of the user has changed counts here from the next run on', async () => {
  await addIssuer(w.storage, 'a', card.public.signature.jwk);
  await backup('two');
  await store([card], { ways: [publicWay(card)], alone: true });
  await backup('three');
  const { version, ways } = await call('owner', {});
  assert.deepEqual([version, ways.length], [2, 1]);
  const openedBy = (await call('databases', {})).databases[0]!.openedBy;
  assert.equal(openedBy.length, 3, 'the company, the devices, and one way in');
  // The way in that was taken out opens what was stored before, and nothing of what came after.
  await w.applyPolicy({
    databases: { '*': { backup: 'allow', encrypt: 'user', custody: 'user', into: 'allow' } },
  });
  await backup('four');
  await assert.rejects(call('ls', { way: params.paper }), { code: 'ERR_NO_KEY' });
  assert.equal((await call('ls', { way: params.card })).entries, 1);
});

test('a new area gets all records, so that a bare terminal can begin there', async () => {
  const uri = await w.addArea('b');
  await w.applyPolicy({ destinations: [{ area: w.area }, { area: uri }] });
  await backup('five');
  await call('backup', { to: uri });
  await addIssuer(w.storage, 'b', card.public.signature.jwk);
  const bare = await w.open('bare');
  const { user } = await call('owner', {});
  const { sets } = await callDevice(bare, 'sets', { from: `${uri}/${user}`, way: params.card });
  assert.equal(sets.length, 1);
});

test('nobody else adds a way in: the record is refused, and so is the run', async () => {
  await store([stranger], { ways: [publicWay(card), publicWay(stranger)] });
  await assert.rejects(backup('six'), { code: 'ERR_OWNER_SIGNER' });
  const { version } = await call('owner', {});
  assert.equal(version, 2);
  const desktop = await w.enrolled('desktop', 'ann');
  const use = callDevice(desktop, 'waysUse', { ways: [params.card] });
  await assert.rejects(use, { code: 'ERR_OWNER_SIGNER' });
});
