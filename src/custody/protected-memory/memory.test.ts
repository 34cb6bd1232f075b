import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Command } from '../../policy/message/index.ts';
import { ProtectedKeys, ProtectedMemory, ProtectedTrust } from './index.ts';
import { DAY, enrolled, id, NOW, platform, policyKey, TestDevice, TestServer } from './samples.test.ts';

describe('protected memory', () => {
  let server: TestServer;
  let device: TestDevice;
  beforeEach(async () => {
    ({ server, device } = await enrolled());
  });
  afterEach(() => device.remove());

  const accept = async (message: { sealed: string }) => device.memory.accept(message.sealed, device.keys);

  it('lies in a file that is closed to others, and is not used otherwise', () => {
    assert.equal(statSync(device.file).mode & 0o777, 0o600);
    chmodSync(device.file, 0o640);
    assert.throws(() => device.open(), { code: 'ERR_PROTECTED_MEMORY' });
    chmodSync(device.file, 0o600);
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-memory-'));
    writeFileSync(
      join(folder, 'x.db'),
      'not a database at all, but long enough to be read as one'.repeat(50),
      {
        mode: 0o600,
      },
    );
    assert.throws(() => new ProtectedMemory({ file: join(folder, 'x.db'), platform }), {
      code: 'ERR_PROTECTED_MEMORY',
    });
    rmSync(folder, { recursive: true });
  });

  it('knows how the device stands, also after a restart', async () => {
    const fresh = await TestDevice.make();
    assert.deepEqual(fresh.memory.state(), { kind: 'none' });
    assert.throws(() => fresh.memory.rules(), { code: 'ERR_NOT_ENROLLED', kind: 'no-key' });
    const { identityKey, receiveKey } = server.identity;
    const request = { v: 1, id: id(), sealed: 's', mac: 'm' } as const;
    fresh.memory.begin({ code: 'holdfast-enrol:x', server: { identityKey, receiveKey }, request });
    fresh.restart();
    assert.deepEqual(fresh.memory.state(), { kind: 'pending' });
    assert.deepEqual(fresh.memory.pending()?.request, request);
    const enrolment = await server.enrol(fresh.keys);
    fresh.memory.enrol(enrolment, fresh.keys);
    fresh.restart();
    assert.equal(fresh.memory.pending(), undefined);
    assert.deepEqual(fresh.memory.state(), {
      kind: 'enrolled',
      enrolment,
      seq: 0,
      iat: 0,
      exp: 0,
      stale: true,
    });
    assert.throws(() => fresh.memory.rules(), { code: 'ERR_NO_POLICY', kind: 'refused' });
    fresh.remove();
  });

  it('holds one enrolment until that is ended', async () => {
    const other = await (await TestServer.start()).enrol(device.keys);
    assert.throws(() => device.memory.enrol(other, device.keys), {
      code: 'ERR_ALREADY_ENROLLED',
      kind: 'usage',
    });
    const stranger = await TestDevice.make();
    await assert.rejects(device.memory.accept('x', stranger.keys), { code: 'ERR_OTHER_IDENTITY' });
    assert.throws(() => device.memory.enrol(other, stranger.keys), { code: 'ERR_OTHER_IDENTITY' });
    stranger.remove();
  });

  it('takes over all of an accepted message, and acknowledges what it holds', async () => {
    const key = policyKey();
    const grants = [{ area: 'http://127.0.0.1:1/areas/a', append: 'a', read: 'r' }];
    const message = await server.message({ encryptionKeys: [key], decryptionKeys: [key] }, { grants });
    const done = await accept(message);
    assert(done.kind === 'accepted');
    device.restart();
    const { memory } = device;
    assert.deepEqual(memory.rules(), server.values.rules);
    assert.deepEqual(memory.trust(), server.values.trust);
    assert.deepEqual(memory.grants(), grants);
    assert.deepEqual([memory.encryptionKeys(), memory.decryptionKeys()], [[key], [key]]);
    const state = memory.state();
    assert(state.kind === 'enrolled');
    assert.deepEqual([state.seq, state.iat, state.exp, state.stale], [message.seq, NOW, NOW + DAY, false]);

    const report = await server.take(done.report);
    assert(report.kind === 'acknowledgement');
    assert.deepEqual([report.seq, report.message, report.keys], [message.seq, message.hash, [key.kid]]);
    assert.deepEqual(report.sections, server.held);
    // The next message brings no values, and is understood.
    assert.equal((await accept(await server.message())).kind, 'accepted');
    assert.deepEqual(device.memory.rules(), server.values.rules);
  });

  it('answers a repeated message with the same acknowledgement', async () => {
    const message = await server.message();
    const first = await accept(message);
    const before = device.dump();
    device.restart();
    assert.deepEqual(await accept(message), { kind: 'repeated', seq: message.seq, report: first.report });
    assert.deepEqual(device.dump(), before);
  });

  it('changes nothing for a refused message but the count of reports, and reports why', async () => {
    await accept(await server.message());
    const { compartment: before, ...rest } = device.dump();
    const missing = await server.message(
      { commands: [{ id: id(), kind: 'end' }] },
      { held: {}, crit: ['colour'] },
    );
    const refused = await accept(missing);
    assert(refused.kind === 'refused');
    assert.equal(refused.error.code, 'ERR_POLICY_CRITICAL');
    const { compartment: after, ...same } = device.dump();
    assert.deepEqual(same, rest);
    const uncounted = (rows: unknown[] = []) => rows.map((row) => ({ ...(row as object), report: 0 }));
    assert.deepEqual(uncounted(after), uncounted(before));
    const report = await server.take(refused.report);
    assert(report.kind === 'failure');
    assert.deepEqual([report.code, report.seq], ['ERR_POLICY_CRITICAL', missing.seq]);
  });

  it('lets the server see what is missing, so that it can send it whole', async () => {
    await server.take((await accept(await server.message())).report);
    // The server believes in something that the device never had.
    server.held = { ...server.held, rules: { version: NOW + 5, hash: server.held.rules!.hash } };
    server.sections.rules = { ...server.sections.rules!, version: NOW + 5 };
    const refused = await accept(await server.message());
    assert(refused.kind === 'refused');
    assert.equal(refused.error.code, 'ERR_POLICY_SECTION');
    await server.take(refused.report);
    assert.equal((await accept(await server.message())).kind, 'accepted');
  });

  it('renews message keys by the traffic, and never locks itself out when acknowledgements are lost', async () => {
    const keys = new Set<string>();
    for (let round = 0; round < 6; round++) {
      keys.add(server.messageKey!.x);
      const done = await accept(await server.message());
      assert.equal(done.kind, 'accepted');
      // Every third one arrives.
      if (round % 3 === 2) await server.take(done.report);
    }
    assert.equal(keys.size, 2);
    for (let round = 0; round < 4; round++) await server.take((await accept(await server.message())).report);
    assert.equal(device.dump().message_key?.length, 3);
    // The first key is gone.
    const old = await server.message({}, { messageKey: device.keys.messageKey });
    const refused = await accept(old);
    assert(refused.kind === 'refused' && refused.error.code === 'ERR_POLICY_NOT_FOR_THIS_KEY');
  });

  it('is stale when its time is over, and a clock that is set back revives nothing', async () => {
    const message = await server.message();
    const later = await server.message();
    await accept(message);
    device.time = NOW + DAY - 1;
    assert.equal(device.memory.now(), NOW + DAY - 1);
    device.time = NOW + 2 * DAY;
    const state = device.memory.state();
    assert(state.kind === 'enrolled' && state.stale);
    device.time = NOW;
    device.restart();
    assert.equal(device.memory.now(), NOW + 2 * DAY);
    const after = device.memory.state();
    assert(after.kind === 'enrolled' && after.stale);
    const refused = await accept(later);
    assert(refused.kind === 'refused' && refused.error.code === 'ERR_POLICY_EXPIRED');
  });

  it('never falls below the time of issue of what it accepted', async () => {
    device.time = NOW - 10 * DAY;
    await accept(await server.message());
    assert.equal(device.memory.now(), NOW);
  });

  it('drops a decryption key by an erasure only', async () => {
    const [one, two, three] = [policyKey(), policyKey(), policyKey()];
    await accept(await server.message({ encryptionKeys: [one], decryptionKeys: [one, two] }));
    device.memory.keepKeyring(id(), new Uint8Array([1, 2, 3]));
    await accept(await server.message({ encryptionKeys: [three], decryptionKeys: [three] }));
    assert.deepEqual(device.memory.decryptionKeys(), [one, two, three]);
    assert.deepEqual(device.memory.encryptionKeys(), [three]);
    assert.equal(device.dump().keyring?.length, 1);

    const erase = { id: id(), kind: 'erase-keys', kids: [one.kid, three.kid] } as const;
    const done = await accept(await server.message({ commands: [erase] }));
    assert.deepEqual([device.memory.decryptionKeys(), device.memory.encryptionKeys()], [[two], []]);
    // What the erased keys protected here goes with them.
    assert.equal(device.dump().keyring?.length, 0);
    const report = await server.take(done.report);
    assert(report.kind === 'acknowledgement');
    assert.deepEqual(report.commands, [{ id: erase.id, result: 'done' }]);
    assert.deepEqual(report.keys, [two.kid]);

    // As long as the erasure is listed, nothing brings the key back; and nothing of it is left in the file.
    await accept(await server.message({ decryptionKeys: [three, two] }));
    assert.deepEqual(device.memory.decryptionKeys(), [two]);
    device.memory.close();
    for (const key of [one, three]) assert(!readFileSync(device.file, 'latin1').includes(key.k!));
    assert(readFileSync(device.file, 'latin1').includes(two.k!));
    device.memory = device.open();
  });

  it('refuses another key under a name that it knows', async () => {
    const key = policyKey();
    await accept(await server.message({ decryptionKeys: [key] }));
    const refused = await accept(
      await server.message({ decryptionKeys: [{ ...policyKey(), kid: key.kid }] }),
    );
    assert(refused.kind === 'refused' && refused.error.code === 'ERR_POLICY_SECTION');
    assert.deepEqual(device.memory.decryptionKeys(), [key]);
  });

  it('says of a command that it does not know that it does not know it', async () => {
    // A newer server's.
    const strange = { id: id(), kind: 'dance' } as unknown as Command;
    const report = await server.take((await accept(await server.message({ commands: [strange] }))).report);
    assert(report.kind === 'acknowledgement');
    assert.deepEqual(report.commands, [{ id: strange.id, result: 'unknown' }]);
  });

  it('forgets everything but the fact when the server ends the device', async () => {
    const key = policyKey();
    await accept(await server.message({ encryptionKeys: [key], decryptionKeys: [key] }));
    const message = await server.message({ commands: [{ id: id(), kind: 'end' }] });
    const done = await accept(message);
    assert(done.kind === 'accepted' && done.ended);
    const report = await server.take(done.report);
    assert(report.kind === 'acknowledgement' && report.commands[0]?.result === 'done');
    device.restart();
    assert.deepEqual(device.memory.state(), {
      ...{ kind: 'ended', server: server.identity.id, user: server.user.id, at: NOW },
      ...{ url: 'http://127.0.0.1:1', device: device.keys.device },
    });
    assert.equal(device.memory.acknowledgement(), done.report);
    for (const read of [() => device.memory.rules(), () => device.memory.decryptionKeys()]) {
      assert.throws(read, { code: 'ERR_DEVICE_ENDED', kind: 'no-key' });
    }
    await assert.rejects(accept(message), { code: 'ERR_DEVICE_ENDED' });
    device.memory.close();
    const file = readFileSync(device.file, 'latin1');
    assert(!file.includes(key.k!) && !file.includes(device.keys.messageKey.d));
    device.memory = device.open();
    // And may be enrolled again.
    device.memory.enrol(await server.enrol(device.keys), device.keys);
    assert.equal(device.memory.state().kind, 'enrolled');
  });

  it('checks again when another process accepted something in between', async () => {
    const other = device.open();
    const [one, two] = [await server.message(), await server.message()];
    const done = await Promise.all([
      other.accept(two.sealed, device.keys),
      device.memory.accept(one.sealed, device.keys),
    ]);
    const state = device.memory.state();
    assert(state.kind === 'enrolled' && state.seq === two.seq);
    assert.equal(done[0].kind, 'accepted');
    assert(
      done[1].kind === 'accepted' ||
        (done[1].kind === 'refused' && done[1].error.code === 'ERR_POLICY_ROLLBACK'),
    );
    other.close();
  });

  it('gives the engine recipients, identities and signatures, and no more', async () => {
    const [user, memos, old] = [policyKey(), policyKey('database', 'Memos'), policyKey()];
    await accept(await server.message({ encryptionKeys: [user, memos], decryptionKeys: [user, memos, old] }));
    const keys = new ProtectedKeys(device.memory, device.keys);
    const use = { database: 'Memos', class: 'personal', custody: 'company' } as const;
    const material = (k: string | undefined) => Uint8Array.fromBase64(k!, { alphabet: 'base64url' });
    const [forUser] = keys.recipients({ ...use, encrypt: 'user' });
    const [forMemos] = keys.recipients({ ...use, encrypt: 'database' });
    assert(forUser?.kind === 'symmetric' && forMemos?.kind === 'symmetric');
    assert.deepEqual([forUser.key, forMemos.key], [material(user.k), material(memos.k)]);
    assert.equal(keys.identities().length, 3);
    assert.equal(keys.identities()[0]?.thumbprint, forUser.thumbprint);
    const missing = { ...use, encrypt: 'database', database: 'Tasks' } as const;
    assert.throws(() => keys.recipients(missing), { code: 'ERR_NO_KEY', message: /Tasks/ });
    assert.throws(() => keys.recipients({ ...use, encrypt: 'device' }), { code: 'ERR_NO_KEY' });
    assert.throws(() => keys.recipients({ ...use, encrypt: 'user', custody: 'any' }), { code: 'ERR_NO_KEY' });
    assert.equal((await keys.sign('holdfast-manifest+jws', new Uint8Array(1))).split('.').length, 3);
    await assert.rejects(keys.sign('holdfast-report+jws', new Uint8Array(1)), RangeError);
    const chain = id();
    assert.equal(keys.keyring(chain), undefined);
    keys.keepKeyring(chain, new Uint8Array([1]));
    keys.keepKeyring(chain, new Uint8Array([2]));
    assert.deepEqual(keys.keyring(chain), new Uint8Array([2]));
  });

  it('forgets the data keys of a chain so that its file does not have them any more', () => {
    const keys = new ProtectedKeys(device.memory, device.keys);
    const [chain, other] = [id(), id()];
    // Also of states that were replaced: small ones lie within a page, large ones run over many.
    const states = [40, 3000, 40_000, 900].map((length) => platform.random(length));
    for (const state of states) keys.keepKeyring(chain, state);
    const kept = platform.random(2000);
    keys.keepKeyring(other, kept);
    keys.forgetKeyring(chain);
    assert.equal(keys.keyring(chain), undefined);
    assert.deepEqual(keys.keyring(other), kept);
    const folder = dirname(device.file);
    for (const name of readdirSync(folder)) {
      const file = readFileSync(join(folder, name));
      for (const state of states)
        for (let at = 0; at + 16 <= state.length; at += 8)
          assert.ok(
            !file.includes(state.subarray(at, at + 16)),
            `${name} has bytes of a state of ${state.length}`,
          );
    }
    // The test can fail: what is kept is in the file, and found.
    assert.ok(readFileSync(device.file).includes(kept.subarray(0, 16)));
    keys.forgetKeyring(chain);
  });

  it('trusts the devices that the server certified for this user, and itself', async () => {
    const trust = new ProtectedTrust(device.memory);
    const second = await TestDevice.make();
    const first = server.values.trust.devices;
    await server.enrol(second.keys);
    const devices = [...first, { ...server.values.trust.devices[0]!, state: 'ended' as const }];
    const head = {
      ...{ chain: id(), device: second.keys.device, counter: 3, hash: 'A'.repeat(43), time: NOW },
      area: id(),
    };
    [server.device, server.signingKey] = [device.keys.device, device.keys.signingKey];
    server.messageKey = device.keys.messageKey;
    await accept(await server.message({ trust: { devices, heads: [head], knownAt: NOW - 1 } }));
    assert.equal((await trust.signer(device.keys.device))?.x, device.keys.signingKey.x);
    assert.equal((await trust.signer(second.keys.device))?.x, second.keys.signingKey.x);
    assert.equal(await trust.signer(id()), undefined);
    assert.deepEqual([trust.ended(device.keys.device), trust.ended(second.keys.device)], [false, true]);
    assert.deepEqual([trust.heads(), trust.knownAt], [[head], NOW - 1]);
    second.remove();
  });
});
