import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { destinationContract, makeSegment } from '../../../test/contracts/destination.ts';
import { keySigner, publicKey, type Right, signGrant, thumbprint } from '../../api/grant/index.ts';
import { addArea, type RunningStorage, start } from '../../programs/storage/index.ts';
import { type AreaDestinationOptions, areaDestination } from './index.ts';

async function makeKey() {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const open = publicKey(await crypto.subtle.exportKey('jwk', pair.publicKey));
  return {
    open,
    sign: keySigner(await crypto.subtle.exportKey('jwk', pair.privateKey)),
    kid: await thumbprint(open),
  };
}

const issuer = await makeKey();
const device = await makeKey();
let directory: string;
let storage: RunningStorage;
let areas = 0;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-area-'));
  storage = await start({ state: directory, listen: '127.0.0.1:0', log: 'silent' });
});
after(async () => {
  await storage.close();
  await rm(directory, { recursive: true, force: true });
});

/** A new area, and this device's destination in it. */
async function makeDestination(changes: Partial<AreaDestinationOptions> = {}, quota?: number) {
  const added = await addArea(directory, {
    name: `a${areas++}`,
    issuers: [issuer.open],
    ...(quota ? { quota } : {}),
  });
  const grant = async (right: Right, minutes: number) =>
    signGrant(issuer.sign, {
      issuer: issuer.kid,
      device: device.open,
      area: added.id,
      prefix: 'USER/',
      rights: [right],
      issuedAt: Date.now(),
      expiresAt: Date.now() + minutes * 60_000,
    });
  const held = {
    append: await grant('append', 60),
    read: await grant('read', 60),
    delete: await grant('delete', 10),
  };
  const options = {
    uri: `${added.uri}/USER/`,
    grants: () => held,
    sign: device.sign,
    retry: { attempts: 2, base: 5 },
    ...changes,
  };
  return { destination: areaDestination(options), options, held, added };
}

destinationContract('a storage area', async () => {
  const { destination, options } = await makeDestination();
  return { destination, reopen: async () => areaDestination(options), close: () => destination.close() };
});

destinationContract('a storage area listed by pages of two', async () => {
  const { destination, options } = await makeDestination({ page: 2 });
  return { destination, reopen: async () => areaDestination(options), close: () => destination.close() };
});

describe('area destination', () => {
  test('a missing grant and another key are denied', async () => {
    const stranger = await makeKey();
    for (const changes of [{ grants: () => ({}) }, { sign: stranger.sign }, { prefix: 'OTHER/' }]) {
      const { destination } = await makeDestination(changes);
      const { segment, name } = makeSegment([10]);
      const denied = { code: 'ERR_DESTINATION_DENIED', kind: 'no-key' };
      await assert.rejects(destination.putSegment(name, segment), denied);
      await assert.rejects(destination.getSegment(name), denied);
      await assert.rejects(destination.remove([name]), denied);
      await assert.rejects(Array.fromAsync(destination.list('')), denied);
      await destination.close();
    }
  });

  test('a full area says so', async () => {
    const { destination } = await makeDestination({}, 1000);
    const { segment, name } = makeSegment([2000]);
    await assert.rejects(destination.putSegment(name, segment), {
      code: 'ERR_DESTINATION_FULL',
      kind: 'failed',
    });
    await destination.close();
  });

  test('a segment that lies under another name is not taken for it', async () => {
    const { destination } = await makeDestination();
    const { segment } = makeSegment([10]);
    const { name } = makeSegment([10]);
    await destination.putSegment(name, segment);
    await assert.rejects(destination.getSegment(name), { code: 'ERR_OBJECT_MALFORMED', kind: 'integrity' });
    await destination.close();
  });

  test('large segments: again without an upload, refused without an upload', async () => {
    const { destination, options } = await makeDestination();
    const { segment, name } = makeSegment(Array<number>(100).fill(60_000));
    const first = await destination.putSegment(name, segment);
    const both = [destination.putSegment(name, segment), destination.putSegment(name, segment)];
    assert.deepEqual(await Promise.all(both), [first, first]);
    const stranger = areaDestination({ ...options, sign: (await makeKey()).sign });
    await assert.rejects(stranger.putSegment(name, segment), { code: 'ERR_DESTINATION_DENIED' });
    await stranger.close();
    await destination.close();
  });

  test('many deletions, each by its own nonce', async () => {
    const { destination } = await makeDestination();
    const names = Array.from({ length: 30 }, (_, at) => `D/C/k/K-${at}`);
    await Promise.all(names.map((name) => destination.putObject(name, 'envelope', new Uint8Array(5))));
    await destination.remove(names);
    assert.deepEqual(await Array.fromAsync(destination.list('')), []);
    await destination.close();
  });

  test('nobody there is unavailable after retries; an abort is an interruption', async () => {
    const abort = new AbortController();
    const { options, destination } = await makeDestination({ signal: abort.signal });
    await destination.close();
    const away = areaDestination({ ...options, uri: options.uri.replace(storage.url, 'http://127.0.0.1:1') });
    await assert.rejects(away.getObject('D/x', 10), { code: 'ERR_DESTINATION_UNAVAILABLE', kind: 'failed' });
    abort.abort();
    await assert.rejects(away.getObject('D/x', 10), { kind: 'interrupted' });
    await away.close();
  });

  test('what a hostile area answers is refused', async (t) => {
    let answer: { status: number; body: string; headers?: Record<string, string> } = {
      status: 200,
      body: '',
    };
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    const { options } = await makeDestination();
    const uri = options.uri.replace(
      storage.url,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    const destination = areaDestination({ ...options, uri });
    t.after(() => destination.close());

    const object = (path: string) => ({ path: `USER/${path}`, size: 1 });
    const listings: unknown[] = [
      'x',
      { objects: [object('D/b'), object('D/a')], more: false },
      { objects: [object('D/a'), object('D/a')], more: false },
      { objects: [{ path: 'OTHER/D/a', size: 1 }], more: false },
      { objects: [{ path: 'USER/D/../../etc', size: 1 }], more: false },
      { objects: [{ path: 'USER/D/a', size: -1 }], more: false },
      { objects: [], more: true },
      { objects: [object('D/a')], more: true },
    ];
    for (const listing of listings) {
      answer = { status: 200, body: JSON.stringify(listing) };
      await assert.rejects(
        Array.fromAsync(destination.list('')),
        { code: 'ERR_OBJECT_MALFORMED' },
        answer.body,
      );
    }
    answer = { status: 200, body: JSON.stringify({ path: 'USER/D/b', length: 3, digest: 'A'.repeat(43) }) };
    await assert.rejects(destination.putObject('D/a', 'manifest', new Uint8Array(3)), {
      code: 'ERR_DESTINATION_UNAVAILABLE',
    });
    answer = { status: 200, body: 'x'.repeat(100) };
    await assert.rejects(destination.getObject('D/a', 99), { code: 'ERR_OBJECT_MALFORMED' });
    const range = { name: 'D/a', offset: 5, length: 3 };
    await assert.rejects(destination.getRange(range), { code: 'ERR_OBJECT_MALFORMED' });
    answer = { status: 206, body: 'abc', headers: { 'content-range': 'bytes 4-6/10' } };
    await assert.rejects(destination.getRange(range), { code: 'ERR_OBJECT_MALFORMED' });
    answer = { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } };
    await assert.rejects(destination.getObject('D/a', 9), { code: 'ERR_DESTINATION_UNAVAILABLE' });
    const detail = '\u001b[31mred';
    answer = {
      status: 403,
      body: JSON.stringify({ title: 'x', status: 403, code: 'ERR_X', kind: 'no-key', detail }),
      headers: { 'content-type': 'application/problem+json' },
    };
    await assert.rejects(
      destination.getObject('D/a', 9),
      (error: Error) => !error.message.includes('\u001b'),
    );
  });
});
