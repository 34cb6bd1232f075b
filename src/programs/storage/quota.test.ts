import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, bytes, hash, StorageKit, sha256 } from '../../../test/storage-kit.ts';
import { AREA_HEADERS, formatDigest } from '../../api/area/index.ts';

const code = ({ status, json }: Answer) => [status, json.code];
const full = [507, 'ERR_QUOTA'];
const kib = 1024;

describe('quotas', () => {
  test('of the area and of a place, exact, shared by uploads side by side, right after a restart', async (t) => {
    const own = await StorageKit.start({}, 100_000);
    t.after(() => own.close());
    const grant = await own.makeGrant({ prefix: 'USER/D/', quota: 30_000 });
    assert.equal((await own.put('USER/D/a', bytes(20_000), { grant })).status, 201);
    assert.deepEqual(code(await own.put('USER/D/b', bytes(10_001), { grant })), full);
    assert.equal((await own.put('USER/D/b', bytes(10_000), { grant })).status, 201);
    assert.equal((await own.put('USER/E/a', bytes(50_000))).status, 201);
    await own.restart();
    assert.deepEqual(code(await own.put('USER/D/c', bytes(1), { grant })), full);
    const race = await Promise.all(['f', 'g', 'h'].map((name) => own.put(`USER/E/${name}`, bytes(15_000))));
    assert.deepEqual(race.map(({ status }) => status).sort(), [201, 507, 507]);
    assert.deepEqual(code(await own.put('USER/E/a', bytes(50_000))), [409, 'ERR_OBJECT_CONFLICT']);
    assert.equal((await own.remove('USER/D/a')).status, 204);
    assert.equal((await own.put('USER/D/c', bytes(20_000), { grant })).status, 201);
  });

  test('what failed takes no room', async (t) => {
    const own = await StorageKit.start({}, 10_000);
    t.after(() => own.close());
    for (let at = 0; at < 3; at++) {
      const headers = { [AREA_HEADERS.digest]: formatDigest(sha256(Buffer.from('x'))) };
      const wrong = { headers, subject: { digest: hash('x') } };
      assert.equal((await own.put('USER/D/a', bytes(6000), wrong)).status, 400);
    }
    assert.equal((await own.put('USER/D/a', bytes(10_000))).status, 201);
  });

  test('an empty or tiny object counts 4 KiB, also after a restart, and gives them back', async (t) => {
    const own = await StorageKit.start({}, 16 * kib);
    t.after(() => own.close());
    for (const [at, size] of [0, 1, 4096].entries()) {
      assert.equal((await own.put(`USER/D/${at}`, bytes(size))).status, 201);
    }
    assert.deepEqual(code(await own.put('USER/D/more', bytes(4097))), full);
    assert.equal((await own.put('USER/D/3', bytes(0))).status, 201);
    assert.deepEqual(code(await own.put('USER/D/more', bytes(0))), full);
    await own.restart();
    assert.deepEqual(code(await own.put('USER/D/more', bytes(0))), full);
    assert.equal((await own.remove('USER/D/0')).status, 204);
    assert.equal((await own.put('USER/D/more', bytes(0))).status, 201);
    assert.deepEqual(code(await own.put('USER/D/most', bytes(0))), full);
    const { objects } = (await own.list({ prefix: 'USER/D/0' })).json;
    assert.deepEqual(objects, [], 'and nothing of it is left');
    const [{ size }] = (await own.list({ prefix: 'USER/D/1' })).json.objects as [{ size: number }];
    assert.equal(size, 1, 'a listing says the true size');
  });
});
