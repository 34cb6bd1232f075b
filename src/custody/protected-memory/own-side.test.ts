import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Recipient, Side } from '../../crypto/index.ts';
import type { Custody } from '../../policy/rules/index.ts';
import { type OwnSide, ProtectedKeys } from './index.ts';
import { enrolled, id, policyKey, type TestDevice, type TestServer } from './samples.test.ts';

describe("the user's own keys beside protected memory", () => {
  let server: TestServer;
  let device: TestDevice;
  beforeEach(async () => {
    ({ server, device } = await enrolled());
  });
  afterEach(() => device.remove());

  const accept = async (message: { sealed: string }) => device.memory.accept(message.sealed, device.keys);

  it("seals for the user's own keys by custody, and no policy message adds to them", async () => {
    const recipient = (thumbprint: string): Recipient => ({ kind: 'ec', thumbprint, jwk: {} });
    const own: OwnSide = { recipients: [recipient('card'), recipient('paper')], identities: [] };
    const keys = new ProtectedKeys(device.memory, device.keys, own);
    const sealed = (custody: Custody, side?: Side) =>
      keys
        .recipients({ database: 'Diary', class: 'personal', encrypt: 'user', custody, ...(side && { side }) })
        .map(({ thumbprint }) => (thumbprint === 'card' || thumbprint === 'paper' ? thumbprint : 'company'));
    const expected = {
      company: ['company'],
      user: ['card', 'paper'],
      any: ['company', 'card', 'paper'],
    };
    const all = policyKey();
    // Whatever keys a hostile server sends, also one under the name of the user's.
    const more = [policyKey('device'), policyKey('database', 'Diary')];
    for (const sent of [[all], [all, ...more]]) {
      await accept(await server.message({ encryptionKeys: sent, decryptionKeys: sent }));
      for (const [custody, who] of Object.entries(expected))
        assert.deepEqual(sealed(custody as Custody), who, custody);
      assert.deepEqual(sealed('all', 'company'), ['company'], 'an added card opens nothing of the company');
      assert.deepEqual(sealed('all', 'user'), ['card', 'paper']);
    }
    await accept(await server.message({ encryptionKeys: [] }));
    assert.deepEqual(sealed('user'), ['card', 'paper'], 'without the company');
    assert.throws(() => sealed('any'), { code: 'ERR_NO_KEY' });
  });

  it('forgets the data keys of all chains at once', () => {
    const keys = new ProtectedKeys(device.memory, device.keys);
    const chains = [id(), id()];
    for (const chain of chains) keys.keepKeyring(chain, new Uint8Array([1]));
    device.memory.forgetKeyrings();
    for (const chain of chains) assert.equal(keys.keyring(chain), undefined);
  });
});
