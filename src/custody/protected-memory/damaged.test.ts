import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { enrolled, id, policyKey, type TestDevice, type TestServer } from './samples.test.ts';

/** A JSON parser quotes the text around what it stumbles over: cut in these places, that is where secrets stand. */
const cuts: Readonly<Record<string, string>> = {
  'UPDATE policy_key SET value = substr(value, 1, length(value) - 1)': 'policy key',
  'UPDATE message_key SET value = substr(value, 1, length(value) - 1)': 'message key',
  'UPDATE message_key SET value = replace(value, \'"d":\', \'"d"\')': 'message key',
  'UPDATE policy_key SET value = replace(value, \'"k":\', \'"k"\')': 'policy key',
  "UPDATE compartment SET enrolment = replace(enrolment, ':', '')": 'enrolment',
  "UPDATE compartment SET grants = replace(grants, ',', '')": 'list of grants',
  'INSERT OR REPLACE INTO pending VALUES (1, \'{"code" "holdfast-enrol:secret"}\')': 'pending enrolment',
};

describe('protected memory whose file is damaged', () => {
  let server: TestServer;
  let device: TestDevice;
  beforeEach(async () => {
    ({ server, device } = await enrolled());
  });
  afterEach(() => device.remove());

  for (const [damage, what] of Object.entries(cuts))
    it(`says so, and quotes nothing of it: ${damage}`, async () => {
      const key = policyKey();
      const grants = [{ area: 'http://127.0.0.1:1/areas/a', append: 'secret', read: 'secret' }];
      const message = await server.message({ encryptionKeys: [key], decryptionKeys: [key] }, { grants });
      assert.equal((await device.memory.accept(message.sealed, device.keys)).kind, 'accepted');
      const db = new DatabaseSync(device.file);
      db.exec(damage);
      db.close();
      device.restart();
      const { memory } = device;
      const secrets = [key.k!, device.keys.messageKey.d, 'secret', 'holdfast-enrol'];
      let refused = 0;
      const reads = [() => memory.state(), () => memory.decryptionKeys(), () => memory.encryptionKeys()];
      for (const read of [
        ...reads,
        () => memory.grants(),
        () => memory.pending(),
        () => memory.keyring(id()),
      ])
        try {
          read();
        } catch (error) {
          refused++;
          const { code, message } = error as Error & { code: string };
          assert.equal(code, 'ERR_PROTECTED_MEMORY');
          assert.ok(message.includes(what), message);
          // Everything that a log or a terminal could show of it: also its cause, and fields of that.
          const shown = inspect(error, { depth: 9, showHidden: true });
          for (const secret of secrets)
            for (let at = 0; at + 6 <= secret.length; at++)
              assert.ok(!shown.includes(secret.slice(at, at + 6)), `quotes "${secret.slice(at, at + 6)}"`);
        }
      assert.ok(refused > 0, 'nothing was noticed');
    });
});
