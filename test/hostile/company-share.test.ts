/** Sharing among colleagues while the server's answers are forged on the way, a storage swaps, and others try to read (N11, U2). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import type { OfferedShares, PersonAnswer } from '../../src/api/server/index.ts';
import { createSoftwareWim, lowestCost, openSoftwareWim } from '../../src/custody/wim/index.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { composePersonEntry, deriveServerIdentity } from '../../src/policy/message/index.ts';
import { decipherKey, openOwnerRecord, signatureKey, signOwnerRecord } from '../../src/policy/owner/index.ts';
import { type World, type WorldDevice, world } from '../world.ts';
import { issuerKey, randomId } from './attacker.ts';
import type { Answer, Asked } from './proxy.ts';

const names = ['ann', 'bob', 'mallory'] as const;
type Name = (typeof names)[number];
const row = { backup: 'allow', encrypt: 'user', into: 'allow', share: 'allow' };
const policy = (plans: object = {}) => ({
  name: 'everyone',
  scope: { global: true },
  databases: { '*': row, Plans: { ...row, ...plans } },
});
const passphrase = 'a passphrase for tests';

let it: World;
let share: string;
const at = (...path: string[]) => join(it.directory, ...path);
const device = (name: Name): WorldDevice => it.device(name, 'laptop');
const way = (name: Name) => ({ kind: 'software' as const, path: at(`${name}.wim`), passphrase });

before(async () => {
  it = await world({
    users: Object.fromEntries(names.map((name) => [name, { devices: ['laptop'] }])),
    policies: [policy()],
    hostile: true,
  });
  for (const name of names) {
    await createSoftwareWim(at(`${name}.wim`), 'key', passphrase, lowestCost);
    await device(name).call('waysUse', { ways: [way(name)], alone: true, name: 'laptop' });
    await mkdir(at(name));
    await writeFile(at(name, 'plan'), `the plan of ${name}`);
    await device(name).call('sourceAdd', {
      ...{ database: 'Plans', kind: 'folder', path: at(name), label: name },
    });
  }
});
after(() => it?.[Symbol.asyncDispose]());

const give = (from: Name, to: Name) =>
  device(from).call('shareCreate', { user: to, name: from, databases: ['Plans'] });

async function refused(work: Promise<unknown>, kind: string, code: RegExp): Promise<void> {
  const error = await work.then(
    () => assert.fail('it was taken'),
    (caught: unknown) => caught as { code?: string; kind?: string; message: string },
  );
  assert.match(error.code ?? '', code, error.message);
  assert.equal(error.kind, kind, error.message);
}

/** Answers to one kind of question are others, as long as it lasts. */
function altered<T>(method: string, path: RegExp, change: (answer: T, asked: Asked) => Promise<T> | T) {
  return it.serverProxy.rule(async (asked, pass): Promise<Answer> => {
    const answer = await pass();
    if (asked.method !== method || !path.test(asked.url) || answer.status !== 200) return answer;
    const body = await change(JSON.parse(answer.body.toString()) as T, asked);
    return { ...answer, body: Buffer.from(JSON.stringify(body)) };
  });
}

const people = (change: (answer: PersonAnswer, asked: Asked) => Promise<PersonAnswer> | PersonAnswer) =>
  altered('POST', /\/people$/, change);

/** As the server answered somebody's question. */
async function answerFor(asking: Name, about: Name): Promise<PersonAnswer> {
  let seen: PersonAnswer | undefined;
  using _ = people((answer) => {
    seen = answer;
    return { ...answer, entry: 'a.b.c' };
  });
  await refused(give(asking, about), 'integrity', /ERR_PERSON_ENTRY/);
  return seen!;
}

test('an entry that was forged, altered, replayed or is of somebody else is refused, and nothing is shared', async () => {
  const ofMallory = await answerFor('ann', 'mallory');
  const toMallory = await answerFor('mallory', 'bob');
  const before = await answerFor('ann', 'bob');
  const root = crypto.getRandomValues(new Uint8Array(32));
  const other = await deriveServerIdentity(nodePlatform, root);
  const { record } = openOwnerRecord(nodePlatform, Buffer.from(ofMallory.records.at(-1)!, 'base64url'));
  const { hash } = openOwnerRecord(nodePlatform, Buffer.from(ofMallory.records.at(-1)!, 'base64url'));
  const forge = async (asked: Asked): Promise<string> => {
    const { nonce } = JSON.parse(asked.body.toString()) as { nonce: string };
    const [, , , , id] = asked.url.split('/');
    const question = { server: other.id, device: id!, name: 'bob', nonce };
    return composePersonEntry(other.identityKey, question, { user: record.user, record: hash }, Date.now());
  };
  for (const change of [
    async (_: PersonAnswer, asked: Asked) => ({ ...ofMallory, entry: await forge(asked) }),
    () => ofMallory,
    () => toMallory,
    () => before,
    (answer: PersonAnswer) => ({ ...answer, records: ofMallory.records }),
    (answer: PersonAnswer) => ({ ...answer, entry: `${answer.entry.slice(0, -4)}AAAA` }),
    (answer: PersonAnswer) => ({ ...answer, entry: answer.entry.replace(/\.[^.]+\./, '.e30.') }),
  ]) {
    using _ = people(change);
    await refused(give('ann', 'bob'), 'integrity', /ERR_PERSON_ENTRY/);
  }
  {
    using _ = people((answer) => ({ ...answer, records: ['e30'] }));
    await refused(give('ann', 'bob'), 'integrity', /ERR_(PERSON|OWNER)_/);
  }
  assert.deepEqual((await device('ann').call('shareList', {})).given, []);
  assert.deepEqual((await device('bob').call('shareList', {})).offered, []);
});

async function restored(): Promise<string> {
  const into = it.place('into');
  await device('bob').call('shareRestore', { share, way: way('bob'), into });
  assert.deepEqual(await readdir(into), ['Plans from ann']);
  return readFile(join(into, 'Plans from ann', 'plan'), 'utf8');
}

test('a share that is said to be by somebody else is not taken for theirs', async () => {
  ({ share } = await give('ann', 'bob'));
  const { share: mallorys } = await give('mallory', 'bob');
  const offers = (change: (all: OfferedShares['shares']) => OfferedShares['shares']) =>
    altered<OfferedShares>('GET', /\/shares$/, ({ shares }) => ({ shares: change(shares) }));
  const accept = (offer: string) => device('bob').call('shareAccept', { offer });
  {
    // Mallory's chain under Ann's name, by Ann's id or Mallory's own.
    using _ = offers((all) => {
      const [of] = all.filter(({ chain }) => chain === share);
      return all.map((one) => (one.chain === mallorys ? { ...one, from: of!.from } : one));
    });
    await refused(accept(mallorys), 'no-key', /ERR_(NOT_YOURS|DESTINATION_DENIED)/);
  }
  {
    using _ = offers((all) => all.map((one) => ({ ...one, from: { ...one.from, name: 'ann' } })));
    await refused(accept(mallorys), 'integrity', /ERR_INVITATION/);
  }
  assert.deepEqual((await device('bob').call('shareList', {})).taken, []);
  assert.equal((await accept(share)).vouched, 'server');
  assert.equal(await restored(), 'the plan of ann');
  {
    // The share that Bob has accepted, as one of Mallory's.
    using _ = offers((all) =>
      all.map((one) => (one.chain === mallorys ? { ...one, chain: share } : one)).reverse(),
    );
    await refused(accept('mallory'), 'integrity', /ERR_INVITATION/);
  }
  assert.equal(await restored(), 'the plan of ann');
});

test('who is not invited gets nothing, whatever they ask for and know', async () => {
  const mallory = device('mallory');
  await refused(mallory.call('shareAccept', { offer: share }), 'usage', /ERR_WHICH/);
  const { device: anns } = await device('ann').call('owner', {});
  {
    // What the proxy tells Mallory's device is not what the server will sign.
    const { user } = await device('ann').call('status', {});
    const offer = {
      chain: share,
      device: anns,
      area: it.area,
      from: { user: user!, name: 'ann' },
      created: 1,
    };
    using _ = altered<OfferedShares>('GET', /\/shares$/, () => ({ shares: [offer] }));
    await refused(mallory.call('shareAccept', { offer: share }), 'no-key', /ERR_NOT_AUTHORISED/);
  }
  await refused(
    device('bob').call('shareRestore', { share, way: way('mallory'), into: it.place() }),
    'no-key',
    /ERR_/,
  );
});

test('the server itself cannot put other keys in the place of those that are known', async () => {
  const identity = await issuerKey(it);
  const { record } = openOwnerRecord(
    nodePlatform,
    Buffer.from((await answerFor('ann', 'bob')).records.at(-1)!, 'base64url'),
  );
  const key = await openSoftwareWim(at('mallory.wim'), passphrase);
  const { decipher, signature } = key.public;
  const ways = [
    {
      kind: 'software' as const,
      name: 'key',
      decipher: decipherKey(decipher.jwk),
      signature: signatureKey(signature.jwk),
    },
  ];
  const forged = await signOwnerRecord({ ...record, ways }, [(typ, payload) => key.sign(payload, typ)]);
  await key.close();
  const { hash } = openOwnerRecord(nodePlatform, forged);
  using _ = people(async (_answer, asked) => {
    const { nonce } = JSON.parse(asked.body.toString()) as { nonce: string };
    const { device: anns } = await device('ann').call('owner', {});
    const question = { server: serverIdOf(asked), device: anns, name: 'bob', nonce };
    const said = { user: record.user, record: hash };
    const entry = await composePersonEntry(identity, question, said, Date.now());
    return { entry, records: [Buffer.from(forged).toString('base64url')] };
  });
  await refused(give('ann', 'bob'), 'integrity', /ERR_OWNER_FORKED/);
  await refused(device('ann').call('shareUpdate', { share }), 'integrity', /ERR_OWNER_FORKED/);
});

/** As the login says. */
const serverIdOf = ({ headers }: Asked): string =>
  (decodeJwt(String(headers.authorization).split(' ')[1]!) as { aud: string }).aud;

test('a storage that alters, swaps or holds back what is shared is named', async () => {
  const { user, device: id } = await device('ann').call('status', {});
  const place = join(it.objects, user!, id!);
  const into = it.place('no');
  const get = () => device('bob').call('shareRestore', { share, way: way('bob'), into });
  const files = await readdir(join(place, share), { recursive: true, withFileTypes: true });
  let named = 0;
  for (const { parentPath, name } of files.filter((one) => one.name.endsWith('.object'))) {
    const path = join(parentPath, name);
    const bytes = await readFile(path);
    const other = Buffer.from(bytes);
    other[Math.floor((other.length - 40) / 2)]! ^= 1;
    await writeFile(path, other);
    const ended = await restored().catch((error: unknown) => error as { kind: string; message: string });
    if (typeof ended !== 'string') {
      named++;
      assert.equal(ended.kind, 'integrity', `${name}: ${ended.message}`);
    } else assert.equal(ended, 'the plan of ann');
    await writeFile(path, bytes);
  }
  assert.ok(named >= 3);
  const chains = await readdir(place);
  const away = join(it.directory, `away-${randomId()}`);
  await rename(join(place, share), away);
  await refused(get(), 'integrity', /ERR_/);
  await rename(away, join(place, share));
  assert.ok(chains.includes(share));
  assert.equal(await restored(), 'the plan of ann');
  await assert.rejects(readdir(into));
});

test('policy that denies it is obeyed before anything is read', async () => {
  await it.applyPolicies(policy({ share: 'deny' }));
  const ann = device('ann');
  // What cannot be read would be another failure.
  await rename(at('ann'), at('ann-away'));
  await refused(give('ann', 'mallory'), 'refused', /ERR_REFUSED/);
  await refused(ann.call('shareUpdate', { share }), 'refused', /ERR_REFUSED/);
  await rename(at('ann-away'), at('ann'));
  await refused(
    device('bob').call('shareRestore', { share, way: way('bob'), into: it.place() }),
    'refused',
    /ERR_REFUSED/,
  );
  // The server's word is asked for each time: what Bob has cannot be used again.
  await it.applyPolicies(policy());
  assert.equal(await restored(), 'the plan of ann');
});
