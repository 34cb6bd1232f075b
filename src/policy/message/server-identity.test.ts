import assert from 'node:assert/strict';
import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  derivePolicyKey,
  deriveServerIdentity,
  nextSection,
  nextSequence,
  publicOf,
  serverKeyHash,
} from './index.ts';
import { id, platform, ROOT } from './samples.test.ts';

describe('the identity of a server', () => {
  it('is the same again from the same root, and another from another', async () => {
    const one = await deriveServerIdentity(platform, ROOT);
    assert.deepEqual(await deriveServerIdentity(platform, ROOT), one);
    const other = await deriveServerIdentity(platform, new Uint8Array(32));
    assert.notEqual(other.id, one.id);
    const keys = { identityKey: publicOf(one.identityKey), receiveKey: publicOf(one.receiveKey) };
    assert.deepEqual(await serverKeyHash(platform, keys), { id: one.id, keyHash: one.keyHash });
    const device = id();
    assert.deepEqual(
      await derivePolicyKey(platform, ROOT, device),
      await derivePolicyKey(platform, ROOT, device),
    );
    assert.notDeepEqual(
      await derivePolicyKey(platform, ROOT, device),
      await derivePolicyKey(platform, ROOT, id()),
    );
    assert.notEqual((await derivePolicyKey(platform, ROOT, device)).x, one.identityKey.x);
  });

  it('has public halves that belong to its private ones', async () => {
    const { identityKey, receiveKey } = await deriveServerIdentity(platform, ROOT);
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(receiveKey.d, 'base64url');
    assert.equal(
      ecdh.getPublicKey('hex'),
      `04${Buffer.from(receiveKey.x, 'base64url').toString('hex')}${Buffer.from(receiveKey.y, 'base64url').toString('hex')}`,
    );
    const again = createPublicKey(createPrivateKey({ key: { ...identityKey }, format: 'jwk' })).export({
      format: 'jwk',
    });
    assert.equal(again.x, identityKey.x);
  });
});

describe('sequences and sections', () => {
  it('grow also when the clock was set back, and stay below 2^52', () => {
    assert.equal(nextSequence(0, 1000), 1000);
    assert.equal(nextSequence(1000, 1000), 1001);
    assert.equal(nextSequence(1000, 5), 1001);
    assert.throws(() => nextSequence(2 ** 52 - 1, 0), RangeError);
  });

  it('are the same section as long as the value is', () => {
    const one = nextSection(platform, 'commands', [], undefined, 10);
    assert.deepEqual(nextSection(platform, 'commands', [], one, 20), one);
    const two = nextSection(platform, 'commands', [{ id: id(), kind: 'end' }], one, 5);
    assert.equal(two.version, 11);
    assert.notEqual(two.hash, one.hash);
  });
});
