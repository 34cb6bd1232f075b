import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytes, hash, StorageKit, sha256 } from '../../../test/storage-kit.ts';
import { formatDigest } from '../../api/area/index.ts';
import { addArea, listAreas } from './index.ts';

let kit: StorageKit;
before(async () => {
  kit = await StorageKit.start({ limits: { maxObject: 100_000 } });
});
after(() => kit.close());

describe('state', () => {
  test('what a killed process left is removed at start, what it confirmed is there', async (t) => {
    const own = await StorageKit.start();
    t.after(() => own.close());
    const body = bytes(2000);
    await own.put('USER/D/kept', body);
    const left = join(own.directory, 'incoming', 'abcdef');
    await writeFile(left, 'half of an object');
    await own.restart();
    await assert.rejects(access(left), { code: 'ENOENT' });
    assert.deepEqual((await own.get('USER/D/kept')).body, Buffer.from(body));
    assert.equal((await own.list({ prefix: 'USER/' })).json.more, false);
  });

  test('a file that was cut or is none of ours is no object', async (t) => {
    const own = await StorageKit.start();
    t.after(() => own.close());
    await own.put('USER/D/a', bytes(100));
    const directory = join(own.directory, 'objects', own.area, 'USER', 'D');
    await writeFile(join(directory, 'a.object'), bytes(100));
    await writeFile(join(directory, 'foreign.txt'), 'x');
    await writeFile(join(directory, 'b.object'), 'x');
    assert.equal((await own.get('USER/D/a')).status, 404);
    assert.equal((await own.get('USER/D/b')).status, 404);
    assert.equal(((await own.list({ prefix: 'USER/' })).json.objects as unknown[]).length, 1);
  });

  test('closing lets a request under way finish', async () => {
    const own = await StorageKit.start();
    const body = bytes(1000);
    const { socket, answer } = await beginPut(own, own.storage.port, 'USER/D/last', body);
    const closed = own.storage.close();
    socket.write(body.subarray(500));
    assert.match(await answer, /^HTTP\/1\.1 201 /);
    await closed;
    await own.close();
  });

  test('a process that is killed in the middle of an upload leaves nothing to be seen', async (t) => {
    const own = await StorageKit.start();
    t.after(() => own.close());
    await own.put('USER/D/before', bytes(10));
    await own.storage.close();
    const program = `import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      .then(({ start }) => start({ state: process.argv[1], listen: '127.0.0.1:0', log: 'silent' }))
      .then(({ port }) => console.log(port))`;
    const child = spawn(process.execPath, ['-e', program, own.directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { socket, answer } = await beginPut(own, Number(line), 'USER/D/killed', bytes(1000));
    assert.equal((await readdir(join(own.directory, 'incoming'))).length, 1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    socket.destroy();
    assert.equal(await answer, '');
    await own.restart();
    assert.deepEqual(await readdir(join(own.directory, 'incoming')), []);
    const { objects } = (await own.list({ prefix: 'USER/' })).json;
    assert.deepEqual(objects, [{ path: 'USER/D/before', size: 10 }]);
  });

  test('areas: added while it runs, listed, with the URI to reach them', async () => {
    const added = await addArea(kit.directory, { name: 'second', issuers: [kit.issuer.open], quota: 5 });
    assert.equal(added.uri, `${kit.storage.url}/areas/${added.id}`);
    assert.deepEqual(
      (await listAreas(kit.directory)).map(({ name, quota, issuers }) => [name, quota, issuers]),
      [
        ['second', 5, [kit.issuer.kid]],
        ['test', undefined, [kit.issuer.kid]],
      ],
    );
    await assert.rejects(addArea(kit.directory, { name: 'second' }), {
      code: 'ERR_AREA_EXISTS',
      kind: 'usage',
    });
    for (const bad of [{ name: '' }, { name: '../x' }, { name: 'q', quota: -1 }]) {
      await assert.rejects(addArea(kit.directory, bad), { code: 'ERR_AREA_INVALID', kind: 'usage' });
    }
    await assert.rejects(addArea(kit.directory, { name: 'k', issuers: [{ kty: 'oct', k: 'AA' }] }), {
      code: 'ERR_KEY_UNSUPPORTED',
    });
  });
});

/** Sends half of an upload, and waits until the storage is at it. */
async function beginPut(own: StorageKit, port: number, path: string, body: Uint8Array) {
  const headers = {
    host: 'x',
    'content-length': `${body.length}`,
    'content-digest': formatDigest(sha256(body)),
    ...(await own.headers({ op: 'append', path, digest: hash(body) })),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (text.endsWith('}')) socket.end();
  });
  socket.on('error', () => {});
  const answer = new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
  socket.write(`PUT ${own.url(path)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  socket.write(body.subarray(0, 500));
  while ((await readdir(join(own.directory, 'incoming'))).length === 0) await sleep(5);
  return { socket, answer };
}
