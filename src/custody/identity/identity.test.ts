import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { nodePlatform } from '../../platform/node.ts';
import { createIdentity, loadIdentity, removeIdentity, spendMessageKey } from './index.ts';

describe('the identity of a device', () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'holdfast-identity-'));
    folder = join(parent, 'identity');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it('is made once and read again', async () => {
    assert.equal(await loadIdentity(folder), undefined);
    const made = await createIdentity(folder, nodePlatform);
    assert.deepEqual(await loadIdentity(folder), made);
    assert.match(made.device, /^[\w-]{22}$/);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const file of readdirSync(folder)) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
    await spendMessageKey(folder);
    await spendMessageKey(folder);
    assert.deepEqual(await loadIdentity(folder), { ...made, messageKey: undefined });
    for (const file of readdirSync(folder)) {
      assert(!readFileSync(join(folder, file), 'utf8').includes(made.messageKey.d));
    }
    await removeIdentity(folder);
    assert.equal(await loadIdentity(folder), undefined);
  });

  it('is never written over, and leaves no drafts', async () => {
    const tries = await Promise.allSettled([1, 2, 3].map(() => createIdentity(folder, nodePlatform)));
    const made = tries.filter((one) => one.status === 'fulfilled');
    assert.equal(made.length, 1);
    for (const one of tries)
      if (one.status === 'rejected') assert.equal(one.reason.code, 'ERR_IDENTITY_EXISTS');
    assert.deepEqual(await loadIdentity(folder), made[0]?.value);
    assert.deepEqual(readdirSync(parent), ['identity']);
  });

  it('is not used when others could read it', async () => {
    await createIdentity(folder, nodePlatform);
    for (const path of [folder, join(folder, 'keys.json'), join(folder, 'message-key.json')]) {
      const { mode } = statSync(path);
      chmodSync(path, mode | 0o040);
      await assert.rejects(loadIdentity(folder), { code: 'ERR_IDENTITY_EXPOSED' });
      chmodSync(path, mode);
    }
  });

  it('is refused when it is damaged, without a word of it', async () => {
    await createIdentity(folder, nodePlatform);
    const file = join(folder, 'keys.json');
    const whole = readFileSync(file, 'utf8');
    const spoiled = [
      whole.slice(0, -20),
      '',
      'null',
      '{}',
      whole.replace('"v":1', '"v":2'),
      whole.replace('Ed25519', 'Ed448'),
      whole.replace(/"device":"../, '"device":"'),
    ];
    for (const text of spoiled) {
      writeFileSync(file, text);
      await assert.rejects(loadIdentity(folder), (error: Error & { code?: string }) => {
        assert.equal(error.cause, undefined);
        return error.code === 'ERR_IDENTITY_UNUSABLE';
      });
    }
    rmSync(file);
    await assert.rejects(loadIdentity(folder), { code: 'ERR_IDENTITY_UNUSABLE' });
  });
});
