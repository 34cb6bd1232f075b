import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bytes, hash, raw, StorageKit, sha256 } from '../../../test/storage-kit.ts';
import { formatDigest } from '../../api/area/index.ts';

let kit: StorageKit;
before(async () => {
  kit = await StorageKit.start({ limits: { maxObject: 100_000 } });
});
after(() => kit.close());

const code = (answer: { readonly status: number; readonly json: Record<string, unknown> }) => [
  answer.status,
  answer.json.code,
];

describe('objects', () => {
  test('201 when new, 200 for the same bytes, 409 for others; the receipt echoes', async () => {
    const body = bytes(1000);
    const first = await kit.put('USER/D/a', body);
    assert.equal(first.status, 201);
    assert.deepEqual(first.json, { path: 'USER/D/a', length: 1000, digest: hash(body) });
    assert.equal(first.headers.etag, `"${hash(body)}"`);
    assert.equal((await kit.put('USER/D/a', body)).status, 200);
    assert.deepEqual(code(await kit.put('USER/D/a', bytes(1000))), [409, 'ERR_OBJECT_CONFLICT']);
    assert.deepEqual((await kit.get('USER/D/a')).body, Buffer.from(body));
  });

  test('POST does what PUT does, and what DELETE does', async () => {
    assert.equal((await kit.put('USER/D/post', bytes(5), {}, 'POST')).status, 201);
    const headers = { 'holdfast-op': 'delete' };
    assert.equal((await kit.remove('USER/D/post', undefined, { headers }, 'POST')).status, 204);
    assert.equal((await kit.get('USER/D/post')).status, 404);
  });

  test('empty objects, and a name that is also the beginning of others', async () => {
    assert.equal((await kit.put('USER/D/x', bytes(0))).status, 201);
    assert.equal((await kit.put('USER/D/x/y', bytes(1))).status, 201);
    assert.equal((await kit.get('USER/D/x')).body.length, 0);
    assert.deepEqual(code(await kit.get('USER/D/x', '0-0')), [416, 'ERR_RANGE']);
    assert.equal((await kit.remove('USER/D/x/y')).status, 204);
    assert.equal((await kit.get('USER/D/x')).status, 200);
  });

  test('large bodies stream, in and out', async () => {
    const large = await StorageKit.start();
    const body = bytes(5_000_003);
    assert.equal((await large.put('USER/D/large', body)).status, 201);
    assert.deepEqual((await large.get('USER/D/large')).body, Buffer.from(body));
    assert.deepEqual(
      (await large.get('USER/D/large', '1-3000000')).body,
      Buffer.from(body.subarray(1, 3_000_001)),
    );
    await large.close();
  });

  test('HEAD and ranges', async () => {
    const body = bytes(100);
    await kit.put('USER/D/r', body);
    const head = await kit.get('USER/D/r', undefined, {}, 'HEAD');
    assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, '100', 0]);
    assert.equal(head.headers['repr-digest'], formatDigest(sha256(body)));
    for (const [range, first, last] of [
      ['0-9', 0, 9],
      ['90-', 90, 99],
      ['90-500', 90, 99],
      ['-10', 90, 99],
      ['-500', 0, 99],
      ['99-99', 99, 99],
    ] as const) {
      const answer = await kit.get('USER/D/r', range);
      assert.equal(answer.status, 206);
      assert.equal(answer.headers['content-range'], `bytes ${first}-${last}/100`);
      assert.deepEqual(answer.body, Buffer.from(body.subarray(first, last + 1)));
    }
    for (const range of ['100-', '100-200', '-0', '5-4']) {
      const answer = await kit.get('USER/D/r', range);
      assert.deepEqual(code(answer), [416, 'ERR_RANGE'], range);
      assert.equal(answer.headers['content-range'], 'bytes */100');
    }
    for (const range of ['bytes=0-1,3-4', 'bytes=', 'lines=1-2', 'bytes=a-b']) {
      const answer = await kit.get('USER/D/r', undefined, { headers: { range } });
      assert.deepEqual(code(answer), [400, 'ERR_REQUEST_MALFORMED'], range);
    }
  });

  test('404, 411, 413 and what a digest has to be', async () => {
    assert.deepEqual(code(await kit.get('USER/D/none')), [404, 'ERR_OBJECT_MISSING']);
    assert.deepEqual(code(await kit.remove('USER/D/none')), [404, 'ERR_OBJECT_MISSING']);
    assert.deepEqual(code(await kit.put('USER/D/big', bytes(100_001))), [413, 'ERR_OBJECT_TOO_LARGE']);
    const without = await raw(kit.storage.port, {
      method: 'PUT',
      path: kit.url('USER/D/chunked'),
      headers: {
        'transfer-encoding': 'chunked',
        ...(await kit.headers({ op: 'append', path: 'USER/D/chunked' })),
      },
    });
    assert.deepEqual(code(without), [411, 'ERR_LENGTH_REQUIRED']);
    const bare = await raw(kit.storage.port, { method: 'PUT', path: kit.url('USER/D/bare'), body: bytes(3) });
    assert.deepEqual(code(bare), [400, 'ERR_DIGEST_REQUIRED']);
    const other = bytes(10);
    const digest = { 'content-digest': formatDigest(sha256(other)) };
    const lie = await kit.put('USER/D/lie', bytes(10), { subject: { digest: hash(other) }, headers: digest });
    assert.deepEqual(code(lie), [400, 'ERR_DIGEST_MISMATCH']);
    assert.equal((await kit.get('USER/D/lie')).status, 404);
    assert.deepEqual(await readdir(join(kit.directory, 'incoming')), []);
  });

  test('many at once under one name: one is stored, its equals are told so', async () => {
    const [a, b] = [bytes(50_000), bytes(50_000)];
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => kit.put('USER/D/race', at % 2 ? a : b)),
    );
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 201).length, 1, `${statuses}`);
    assert.equal(statuses.filter((status) => status === 200).length, 5, `${statuses}`);
    assert.equal(statuses.filter((status) => status === 409).length, 6, `${statuses}`);
    const winner = statuses.indexOf(201) % 2 ? a : b;
    assert.deepEqual((await kit.get('USER/D/race')).body, Buffer.from(winner));
    assert.deepEqual(await readdir(join(kit.directory, 'incoming')), []);
  });

  test('deleting all of a directory side by side: each deletion is confirmed', async (t) => {
    const own = await StorageKit.start({}, 5 * 4096);
    t.after(() => own.close());
    for (let round = 0; round < 5; round++) {
      const names = Array.from({ length: 5 }, (_, at) => `USER/D/gone/${at}`);
      for (const name of names) assert.equal((await own.put(name, bytes(10))).status, 201);
      const answers = await Promise.all(names.map((name) => own.remove(name)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        names.map(() => 204),
      );
    }
  });

  test('storing and deleting side by side loses nothing that was confirmed', async () => {
    const rounds = Array.from({ length: 20 }, async (_, at) => {
      await kit.put(`USER/D/churn/${at}/a`, bytes(10));
      await kit.remove(`USER/D/churn/${at}/a`);
      assert.equal((await kit.put(`USER/D/churn/${at}/b`, bytes(10))).status, 201);
    });
    await Promise.all(rounds);
    const { objects } = (await kit.list({ prefix: 'USER/D/churn/' })).json as { objects: unknown[] };
    assert.equal(objects.length, 20);
  });
});

describe('listings', () => {
  test('ascending by the bytes of the path, page by page', async () => {
    const names = ['b', 'a-', 'a/b', 'a/', 'a0', 'a', 'a/a/c', 'A', '_', '-'].filter(
      (name) => !name.endsWith('/'),
    );
    for (const name of names) await kit.put(`USER/L/${name}`, bytes(name.length));
    const expected = names.map((name) => ({ path: `USER/L/${name}`, size: name.length }));
    expected.sort((x, y) => (x.path < y.path ? -1 : 1));
    assert.deepEqual((await kit.list({ prefix: 'USER/L/' })).json, { objects: expected, more: false });
    for (const limit of [1, 2, 4]) {
      const found: unknown[] = [];
      let after: string | undefined;
      for (let more = true; more; ) {
        const { json } = await kit.list({ prefix: 'USER/L/', limit, ...(after ? { after } : {}) });
        const page = json as { objects: { path: string }[]; more: boolean };
        found.push(...page.objects);
        after = page.objects.at(-1)!.path;
        more = page.more;
      }
      assert.deepEqual(found, expected);
    }
    const below = await kit.list({ prefix: 'USER/L/a' });
    assert.equal((below.json.objects as unknown[]).length, 5);
  });

  test('a query that is not one', async () => {
    const headers = await kit.headers({ op: 'list', path: 'USER/' });
    const bad = [
      '?prefix=USER/&prefix=X',
      '?x=1',
      '?limit=0',
      '?limit=1001',
      '?prefix=..',
      '?after=%00',
      '?limit=1e2',
    ];
    for (const query of bad) {
      const answer = await raw(kit.storage.port, { method: 'GET', path: kit.url(query), headers });
      assert.deepEqual(code(answer), [400, 'ERR_REQUEST_MALFORMED'], query);
    }
  });
});
