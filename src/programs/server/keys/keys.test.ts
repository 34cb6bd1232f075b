import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../../lib/bytes.ts';
import { ServerError } from '../errors.ts';
import { hashAdminToken, masterKey, newAdminToken, sealer, tokenCheck, writeSecretFile } from './index.ts';

const coded = (code: string) => (error: unknown) => error instanceof ServerError && error.code === code;

test('the master key is made once, 0600, and refused when others may read it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  t.after(() => rm(directory, { recursive: true }));
  const key = await masterKey(directory);
  assert.equal(key.length, 32);
  assert.deepEqual(await masterKey(directory), key);
  const path = join(directory, 'master-key');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(directory), ['master-key'], 'no draft is left');
  await chmod(path, 0o644);
  await assert.rejects(masterKey(directory), coded('ERR_SERVER_STATE'));
  await chmod(path, 0o600);
  await writeFile(path, 'short');
  await assert.rejects(masterKey(directory), coded('ERR_SERVER_STATE'));
});

test('where files have no such modes, as on Windows, none are asked for', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
  t.after(() => rm(directory, { recursive: true }));
  t.after(() => Object.defineProperty(process, 'platform', platform));
  const key = await masterKey(directory);
  await chmod(join(directory, 'master-key'), 0o666);
  Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
  assert.deepEqual(await masterKey(directory), key);
});

test('two first starts at the same time end with one master key', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  t.after(() => rm(directory, { recursive: true }));
  const keys = await Promise.all(Array.from({ length: 5 }, () => masterKey(directory)));
  for (const key of keys) assert.deepEqual(key, keys[0]);
});

test('a secret file is never overwritten', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'secret');
  await writeSecretFile(path, utf8('first'));
  await writeSecretFile(path, utf8('second'));
  assert.equal((await stat(path)).size, 5);
});

test('what is sealed opens in its own place only, and nowhere when a bit is flipped', () => {
  const place = { table: 'policy_key', row: 'k1', column: 'sealed' };
  const seal = sealer(new Uint8Array(32).fill(7));
  const stranger = sealer(new Uint8Array(32).fill(8));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (plain, position) => {
      const sealed = seal.seal(place, plain);
      assert.deepEqual(seal.open(place, sealed), plain);
      assert.notDeepEqual(seal.seal(place, plain), sealed, 'sealing twice gives other bytes');
      for (const other of [{ row: 'k2' }, { column: 'other' }, { table: 'code' }]) {
        assert.throws(() => seal.open({ ...place, ...other }, sealed), coded('ERR_SERVER_SEAL'));
      }
      assert.throws(() => stranger.open(place, sealed), coded('ERR_SERVER_SEAL'));
      const altered = sealed.slice();
      altered[position % altered.length]! ^= 1;
      assert.throws(() => seal.open(place, altered), coded('ERR_SERVER_SEAL'));
      assert.throws(
        () => seal.open(place, sealed.subarray(0, position % sealed.length)),
        coded('ERR_SERVER_SEAL'),
      );
    }),
    { numRuns: 50 },
  );
});

test('an admin token is kept as a hash only, and only the right one passes', async () => {
  const token = newAdminToken();
  const stored = await hashAdminToken(token);
  assert.ok(!stored.includes(token));
  const tokens = tokenCheck(stored);
  const [right, wrong, again] = await Promise.all([
    tokens.check(token),
    tokens.check(newAdminToken()),
    tokens.check(token),
  ]);
  assert.deepEqual([right, wrong, again], [true, false, true]);
  assert.equal(await tokens.check(`${token}x`), false);
  assert.equal(await tokens.check(''), false);
});
