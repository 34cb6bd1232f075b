import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type Answer,
  bytes,
  hash,
  type Key,
  makeKey,
  raw,
  StorageKit,
  sha256,
  type Wrong,
} from '../../../test/storage-kit.ts';
import { AREA_HEADERS, formatDigest } from '../../api/area/index.ts';
import { endedRequest, type ProofSubject, signEnded } from '../../api/grant/index.ts';
import { addArea, addIssuer, removeIssuer } from './index.ts';

let kit: StorageKit;
let stranger: Key;
let clock = Date.now();

before(async () => {
  kit = await StorageKit.start({ clock: () => clock });
  kit.now = clock;
  kit.grant = await kit.makeGrant();
  stranger = await makeKey();
  await kit.put('USER/D/a', bytes(100));
});
after(() => kit.close());

const code = ({ status, json }: Answer) => [status, json.code];
const minutes = 60_000;

/** The same wrong thing, asked for in every way. */
async function everywhere(wrong: Wrong, expected: readonly unknown[]): Promise<void> {
  for (const answer of [
    await kit.put('USER/D/new', bytes(10), wrong),
    await kit.get('USER/D/a', undefined, wrong),
    await kit.list({ prefix: 'USER/' }, wrong),
    await kit.nonce(wrong),
    await kit.remove('USER/D/a', 'A'.repeat(22), wrong),
  ]) {
    assert.deepEqual(code(answer), expected);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
  }
}

describe('grants', () => {
  test('none', async () => {
    for (const path of ['USER/D/a', '', '.nonce']) {
      const answer = await raw(kit.storage.port, { method: 'GET', path: kit.url(path) });
      assert.deepEqual(code(answer), [401, 'ERR_GRANT_REQUIRED']);
      assert.equal(answer.headers['www-authenticate'], 'Holdfast');
    }
  });

  test('forged, altered, of a foreign issuer, for another area', async () => {
    const refused = [401, 'ERR_GRANT_REFUSED'];
    await everywhere({ grant: await kit.makeGrant({}, stranger.sign) }, refused);
    await everywhere({ grant: await kit.makeGrant({ issuer: stranger.kid }, stranger.sign) }, refused);
    await everywhere({ grant: `${kit.grant.slice(0, -6)}AAAAAA` }, refused);
    await everywhere({ grant: 'nonsense' }, refused);
    const other = await addArea(kit.directory, { name: 'other', issuers: [kit.issuer.open] });
    await everywhere({ grant: await kit.makeGrant({ area: other.id }) }, refused);
  });

  test('an unknown area is refused as if it were there', async () => {
    const { area } = kit;
    const before = await kit.get('USER/D/a', undefined, { grant: await kit.makeGrant({}, stranger.sign) });
    kit.area = 'AAAAAAAAAAAAAAAAAAAAAA';
    const unknown = await kit.get('USER/D/a');
    kit.area = area;
    assert.deepEqual(unknown.json, before.json);
    assert.equal(unknown.status, before.status);
  });

  test('expired, and not yet valid, also when the area has seen it before', async () => {
    const short = await kit.makeGrant({ expiresAt: kit.now + 2 * minutes });
    assert.equal((await kit.get('USER/D/a', undefined, { grant: short })).status, 200);
    clock = kit.now + 2 * minutes;
    await everywhere({ grant: short, time: clock }, [401, 'ERR_GRANT_EXPIRED']);
    clock = kit.now;
    const early = await kit.makeGrant({ issuedAt: kit.now + 6 * minutes, expiresAt: kit.now + 9 * minutes });
    await everywhere({ grant: early }, [401, 'ERR_GRANT_EXPIRED']);
  });

  test('rights and places', async () => {
    const missing = [403, 'ERR_RIGHT_MISSING'];
    const only = async (right: 'append' | 'read' | 'delete') => ({
      grant: await kit.makeGrant({ rights: [right] }),
    });
    assert.deepEqual(code(await kit.put('USER/D/b', bytes(1), await only('read'))), missing);
    assert.deepEqual(code(await kit.get('USER/D/a', undefined, await only('append'))), missing);
    assert.deepEqual(code(await kit.list({ prefix: 'USER/' }, await only('delete'))), missing);
    assert.deepEqual(code(await kit.nonce(await only('append'))), missing);
    const nonce = String((await kit.nonce()).json.nonce);
    assert.deepEqual(code(await kit.remove('USER/D/a', nonce, await only('read'))), missing);
    for (const path of ['OTHER/D/a', 'USER2/D/a', 'USER', 'user/D/a']) {
      assert.deepEqual(code(await kit.put(path, bytes(1))), missing, path);
      assert.deepEqual(code(await kit.get(path)), missing, path);
    }
    for (const prefix of ['', 'USE', 'USER', 'OTHER/']) {
      assert.deepEqual(code(await kit.list({ prefix })), missing, prefix);
    }
  });

  test('an area that keeps everything deletes nothing, whatever the grant says', async () => {
    const keeps = await addArea(kit.directory, {
      name: 'keeps',
      issuers: [kit.issuer.open],
      appendOnly: true,
    });
    const { area } = kit;
    kit.area = keeps.id;
    const all = { grant: await kit.makeGrant() };
    const post = { ...all, headers: { 'holdfast-op': 'delete' } };
    const refused = [403, 'ERR_AREA_APPEND_ONLY'];
    assert.equal((await kit.put('USER/D/a', bytes(10), all)).status, 201);
    assert.deepEqual(code(await kit.nonce(all)), refused);
    assert.deepEqual(code(await kit.remove('USER/D/a', 'A'.repeat(22), all)), refused);
    assert.deepEqual(code(await kit.remove('USER/D/a', 'A'.repeat(22), post, 'POST')), refused);
    assert.equal((await kit.get('USER/D/a', undefined, all)).status, 200);
    kit.area = area;
    assert.equal((await kit.nonce()).status, 200, 'the other area is as it was');
  });

  test('an issuer counts as long as the area has it', async () => {
    const grant = await kit.makeGrant({ issuer: stranger.kid }, stranger.sign);
    await addIssuer(kit.directory, 'test', stranger.open);
    assert.equal((await kit.get('USER/D/a', undefined, { grant })).status, 200);
    await removeIssuer(kit.directory, kit.area, stranger.kid);
    assert.deepEqual(code(await kit.get('USER/D/a', undefined, { grant })), [401, 'ERR_GRANT_REFUSED']);
    await assert.rejects(removeIssuer(kit.directory, 'test', stranger.kid), { code: 'ERR_AREA_UNKNOWN' });
  });
});

describe('proofs', () => {
  test('by another key', () => everywhere({ key: stranger }, [401, 'ERR_PROOF_REFUSED']));

  test('for another request', async () => {
    const refused = [401, 'ERR_PROOF_REFUSED'];
    const body = bytes(10);
    const others: Partial<ProofSubject>[] = [
      { op: 'read' },
      { path: 'USER/D/b' },
      { area: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { digest: hash('other') },
      { grant: hash('other') },
    ];
    for (const subject of others)
      assert.deepEqual(code(await kit.put('USER/D/p', body, { subject })), refused);
    for (const range of ['0-9', '1-10']) {
      const wrong = { headers: { range: 'bytes=0-10' } };
      assert.deepEqual(code(await kit.get('USER/D/a', range, wrong)), refused);
    }
    assert.deepEqual(code(await kit.get('USER/D/a', undefined, { subject: { range: '0-1' } })), refused);
    assert.deepEqual(code(await kit.list({ prefix: 'USER/' }, { subject: { after: 'USER/D/a' } })), refused);
    assert.deepEqual(code(await kit.list({ prefix: 'USER/', limit: 5 }, { subject: { limit: 6 } })), refused);
    assert.deepEqual(
      code(await kit.get('USER/D/a', undefined, { headers: { [AREA_HEADERS.proof]: 'x' } })),
      refused,
    );
  });

  test('a body that was swapped on the way is refused though its header fits', async () => {
    const [mine, other] = [bytes(10), bytes(10)];
    const headers = { [AREA_HEADERS.digest]: formatDigest(sha256(mine)) };
    const subject = { digest: hash(mine) };
    assert.deepEqual(code(await kit.put('USER/D/s', other, { headers, subject })), [
      400,
      'ERR_DIGEST_MISMATCH',
    ]);
    const fitting = { [AREA_HEADERS.digest]: formatDigest(sha256(other)) };
    const answer = await kit.put('USER/D/s', other, { headers: fitting, subject });
    assert.deepEqual(code(answer), [401, 'ERR_PROOF_REFUSED']);
  });

  test('clocks may differ by five minutes', async () => {
    for (const away of [-5 * minutes, 5 * minutes]) {
      const near = await kit.get('USER/D/a', undefined, { time: kit.now + away });
      assert.equal(near.status, 200);
      await everywhere({ time: kit.now + away + Math.sign(away) }, [401, 'ERR_PROOF_TIME']);
    }
  });
});

describe('deletions', () => {
  test('a nonce is good once; the answer brings the next', async () => {
    for (const name of ['x', 'y', 'z']) await kit.put(`USER/D/${name}`, bytes(1));
    const nonce = String((await kit.nonce()).json.nonce);
    const first = await kit.remove('USER/D/x', nonce);
    assert.equal(first.status, 204);
    assert.deepEqual(code(await kit.remove('USER/D/y', nonce)), [401, 'ERR_NONCE_REFUSED']);
    assert.deepEqual(code(await kit.remove('USER/D/y', 'A'.repeat(22))), [401, 'ERR_NONCE_REFUSED']);
    const next = String(first.headers[AREA_HEADERS.nonce]);
    assert.equal((await kit.remove('USER/D/y', next)).status, 204);
    assert.equal((await kit.get('USER/D/z')).status, 200);
  });

  test('a nonce grows old, is for one key, and does not outlive the process', async () => {
    await kit.put('USER/D/n', bytes(1));
    const refused = [401, 'ERR_NONCE_REFUSED'];
    const old = String((await kit.nonce()).json.nonce);
    clock = kit.now + 5 * minutes + 1;
    assert.deepEqual(code(await kit.remove('USER/D/n', old, { time: clock })), refused);
    clock = kit.now;
    const second = await makeKey();
    const theirs = { key: second, grant: await kit.makeGrant({ device: second.open }) };
    const nonce = String((await kit.nonce()).json.nonce);
    assert.deepEqual(code(await kit.remove('USER/D/n', nonce, theirs)), refused);
    const before = String((await kit.nonce()).json.nonce);
    await kit.restart({ clock: () => clock });
    assert.deepEqual(code(await kit.remove('USER/D/n', before)), refused);
    assert.equal((await kit.remove('USER/D/n')).status, 204);
  });
});

describe('ended keys', () => {
  const send = (request: { path: string; headers: Readonly<Record<string, string>>; body: Uint8Array }) =>
    raw(kit.storage.port, { method: 'POST', ...request, headers: { ...request.headers } });

  test('a listed device loses its access, others keep theirs, also after a restart', async () => {
    const lost = await makeKey();
    const access = { key: lost, grant: await kit.makeGrant({ device: lost.open }) };
    assert.equal((await kit.get('USER/D/a', undefined, access)).status, 200);
    const list = { iss: kit.issuer.kid, area: kit.area, ended: [lost.kid], iat: clock };
    const request = await endedRequest(kit.issuer.sign, list);
    assert.deepEqual((await send(request)).json, { ended: 1, iat: clock });
    assert.equal((await send(request)).status, 200);
    await everywhere(access, [403, 'ERR_GRANT_ENDED']);
    assert.equal((await kit.get('USER/D/a')).status, 200);
    const renewed = { ...access, grant: await kit.makeGrant({ device: lost.open, rights: ['read'] }) };
    assert.deepEqual(code(await kit.get('USER/D/a', undefined, renewed)), [403, 'ERR_GRANT_ENDED']);

    const older = await endedRequest(kit.issuer.sign, { ...list, ended: [], iat: clock - 1 });
    assert.deepEqual(code(await send(older)), [409, 'ERR_ENDED_OLDER']);
    await kit.restart({ clock: () => clock });
    assert.deepEqual(code(await kit.get('USER/D/a', undefined, access)), [403, 'ERR_GRANT_ENDED']);
    assert.deepEqual(code(await send(older)), [409, 'ERR_ENDED_OLDER']);
    const newer = await endedRequest(kit.issuer.sign, { ...list, ended: [], iat: clock + 1 });
    assert.equal((await send(newer)).status, 200);
    assert.equal((await kit.get('USER/D/a', undefined, access)).status, 200);
  });

  test('only issuers of the area end keys', async () => {
    const list = { iss: kit.issuer.kid, area: kit.area, ended: [kit.device.kid], iat: clock + 10 };
    const foreign = await endedRequest(stranger.sign, { ...list, iss: stranger.kid });
    assert.deepEqual(code(await send(foreign)), [401, 'ERR_GRANT_REFUSED']);
    const forged = await endedRequest(kit.issuer.sign, list);
    const body = Buffer.from(await signEnded(stranger.sign, list));
    assert.deepEqual(code(await send({ ...forged, body })), [400, 'ERR_DIGEST_MISMATCH']);
    const { [AREA_HEADERS.proof]: _, ...bare } = forged.headers;
    assert.deepEqual(code(await send({ ...forged, headers: bare })), [401, 'ERR_GRANT_REQUIRED']);
    const far = await endedRequest(kit.issuer.sign, { ...list, iat: clock + 4 * minutes });
    const future = Buffer.from(await signEnded(kit.issuer.sign, { ...list, iat: clock + 60 * minutes }));
    assert.equal((await send({ ...far, body: future })).status, 400);
    assert.equal((await kit.get('USER/D/a')).status, 200);
  });
});
