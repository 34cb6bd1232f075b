import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openEnvelope, sealEnvelope } from '../../../crypto/index.ts';
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../../lib/bytes.ts';
import { nodePlatform as platform } from '../../../platform/node.ts';
import { fingerprintOf, identityOf, readPublicPart, recipientOf, verifyByWayIn } from '../index.ts';
import { changePassphrase, createSoftwareWim, lowestCost, openSoftwareWim } from './index.ts';

const PASSPHRASE = 'korrekt pferd büro';
const id = (): string => toBase64Url(platform.random(16));
const place = { chain: id(), keyring: id(), number: 0, custody: 'user' } as const;
const keys = [{ database: id(), key: platform.random(32) }];

describe('a software WIM', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-wim-'));
    path = join(folder, 'me.wim');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const create = (name = 'me') => createSoftwareWim(path, name, PASSPHRASE, lowestCost);

  it('opens what was sealed with the public part alone', async () => {
    const made = await create();
    const part = await readPublicPart(join(folder, 'me.cert.json'));
    assert.deepEqual(part, made.public);
    const bytes = await sealEnvelope(platform, place, keys, [recipientOf(part)]);

    const way = await openSoftwareWim(path, PASSPHRASE.normalize('NFD'));
    assert.deepEqual(way.public, part);
    const opened = await openEnvelope(platform, bytes, place, new Map(), [identityOf(way)]);
    assert.deepEqual(opened.get(keys[0]!.database), keys[0]!.key);
    assert.equal(way.operations, 1);
    const jws = await way.sign(utf8('x'), 'holdfast-owner+jws');
    assert.deepEqual(await verifyByWayIn(jws, part.signature, 'holdfast-owner+jws', 'it'), utf8('x'));
    assert.match(fingerprintOf(part), /^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
  });

  it('keeps its file to itself, and writes over none', async () => {
    await create();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder).sort(), ['me.cert.json', 'me.wim']);
    const before = readFileSync(path, 'utf8');
    await assert.rejects(create('another'), { code: 'ERR_WIM_EXISTS' });
    assert.equal(readFileSync(path, 'utf8'), before);
    rmSync(path);
    await assert.rejects(create('another'), { code: 'ERR_WIM_EXISTS' }, 'the public part of other keys');
    assert.deepEqual(readdirSync(folder), ['me.cert.json']);
  });

  it('a file open to others is not read', async () => {
    await create();
    chmodSync(path, 0o640);
    await assert.rejects(openSoftwareWim(path, PASSPHRASE), { code: 'ERR_WIM_EXPOSED' });
  });

  it('a wrong passphrase and an altered file open nothing, and are named', async () => {
    await create();
    await assert.rejects(openSoftwareWim(path, `${PASSPHRASE} `), {
      code: 'ERR_PASSPHRASE_WRONG',
      kind: 'no-key',
    });
    const parts = readFileSync(path, 'utf8').trim().split('.');
    for (const at of [2, 3, 4]) {
      const bytes = fromBase64Url(parts[at]!);
      bytes[0]! ^= 1;
      writeFileSync(path, parts.with(at, toBase64Url(bytes)).join('.'));
      await assert.rejects(openSoftwareWim(path, PASSPHRASE), { code: 'ERR_PASSPHRASE_WRONG' });
    }
  });

  it('costs that are out of bounds are refused before they are paid', async () => {
    await create();
    const parts = readFileSync(path, 'utf8').trim().split('.');
    const header = JSON.parse(fromUtf8(fromBase64Url(parts[0]!)));
    const started = performance.now();
    for (const change of [
      { memory: 2 ** 31 },
      { memory: 1024 * 1024 + 1 },
      { memory: lowestCost.memory - 1 },
      { passes: 2 },
      { passes: 1e6 },
      { lanes: 0 },
      { lanes: 17 },
      { lanes: 1.5 },
      { memory: '65536' },
      { salt: 'AAAA' },
    ]) {
      const hf = { ...header.hf, argon2id: { ...header.hf.argon2id, ...change } };
      writeFileSync(path, parts.with(0, toBase64Url(utf8(JSON.stringify({ ...header, hf })))).join('.'));
      await assert.rejects(
        openSoftwareWim(path, PASSPHRASE),
        { code: 'ERR_WIM_FILE' },
        JSON.stringify(change),
      );
    }
    assert(performance.now() - started < 1000);
    for (const nothing of ['', 'x.y.z', '{}', 'a'.repeat(100_000)]) {
      writeFileSync(path, nothing);
      await assert.rejects(openSoftwareWim(path, PASSPHRASE), { code: 'ERR_WIM_FILE' });
    }
  });

  it('changes its passphrase and stays the same way in', async () => {
    const made = await create();
    await assert.rejects(changePassphrase(path, PASSPHRASE, 'short', lowestCost), {
      code: 'ERR_PASSPHRASE_SHORT',
    });
    await assert.rejects(changePassphrase(path, 'another one', 'the next one', lowestCost), {
      code: 'ERR_PASSPHRASE_WRONG',
    });
    await changePassphrase(path, PASSPHRASE, 'the next one', lowestCost);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await assert.rejects(openSoftwareWim(path, PASSPHRASE), { code: 'ERR_PASSPHRASE_WRONG' });
    assert.deepEqual((await openSoftwareWim(path, 'the next one')).public, made.public);
    assert.deepEqual(readdirSync(folder).sort(), ['me.cert.json', 'me.wim']);
  });

  it('passphrases that are short, and names that cannot be shown, are refused', async () => {
    await assert.rejects(createSoftwareWim(path, 'me', 'sieben7', lowestCost), {
      code: 'ERR_PASSPHRASE_SHORT',
    });
    for (const name of ['', 'a\nb', 'x'.repeat(129)]) {
      await assert.rejects(create(name), { code: 'ERR_PUBLIC_PART' });
    }
    assert.deepEqual(readdirSync(folder), []);
  });
});
