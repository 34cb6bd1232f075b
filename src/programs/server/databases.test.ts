/** Databases that no policy mentions by name get keys when a device tells their names (B6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enrolDevice, policyText, type SimulatedDevice, type World, world } from './world.test.ts';

const told = (...names: string[]) => ({ kind: 'databases', names }) as const;
const names = ({ values }: SimulatedDevice, section: 'encryptionKeys' | 'decryptionKeys') =>
  values[section]?.flatMap(({ database }) => database ?? []).sort();

async function renew(device: SimulatedDevice): Promise<void> {
  await device.fetch();
  await device.acknowledge();
}

/** No word of `encrypt`: the default is a key for each database. */
async function ownKeys(t: Parameters<typeof world>[0]): Promise<World> {
  const w = await world(t);
  await w.admin.addUser('ada');
  const databases = {
    Diary: { backup: 'deny' },
    Letters: { backup: 'allow', encrypt: 'user', custody: 'company' },
    '*': { backup: 'allow', custody: 'company' },
  };
  await w.admin.applyPolicies([policyText({ databases })]);
  return w;
}

test('told names whose rule wants a key of the database get one, and no others', async (t) => {
  const w = await ownKeys(t);
  const [device, other] = [await enrolDevice(w, { user: 'ada' }), await enrolDevice(w, { user: 'ada' })];
  for (const one of [device, other]) await renew(one);
  assert.deepEqual(names(device, 'encryptionKeys'), []);

  assert.deepEqual(await device.report(told('Fotos', 'Diary', 'Letters', 'constructor')), { order: 'new' });
  assert.equal(await device.fetch(), true);
  assert.deepEqual(names(device, 'encryptionKeys'), ['Fotos', 'constructor']);
  await device.acknowledge();
  assert.deepEqual((await w.admin.device(device.id)).databases, ['Diary', 'Fotos', 'Letters', 'constructor']);

  // The user's other device opens what is sealed so; it encrypts for what it has itself.
  await renew(other);
  assert.deepEqual(names(other, 'decryptionKeys'), ['Fotos', 'constructor']);
  assert.deepEqual(names(other, 'encryptionKeys'), []);
  await other.report(told('Fotos'));
  await renew(other);
  const keyOf = (one: SimulatedDevice) =>
    one.values.encryptionKeys?.find(({ database }) => database === 'Fotos')?.k;
  assert.equal(keyOf(other), keyOf(device));

  // What is gone from the list is not encrypted for any more, and can still be opened.
  await device.report(told('Fotos'));
  await renew(device);
  assert.deepEqual(names(device, 'encryptionKeys'), ['Fotos']);
  assert.deepEqual(names(device, 'decryptionKeys'), ['Fotos', 'constructor']);
});

test('a device that waits is woken; an older list does not count; the server remembers', async (t) => {
  const w = await ownKeys(t);
  const device = await enrolDevice(w, { user: 'ada' });
  await renew(device);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const stream = device.client.stream({ after: device.accepted!.seq, signal: stop.signal });
  const woken = stream.next();
  const earlier = await device.compose(told('Old'));
  await device.report(told('Fotos'));
  assert.ok((await woken).value!.seq > device.accepted!.seq);
  assert.deepEqual(await device.client.report(earlier), { order: 'old' });
  stop.abort();
  await w.restart();
  await device.fetch();
  assert.deepEqual(names(device, 'encryptionKeys'), ['Fotos']);
});

test('names are limited, for one report and for a user', async (t) => {
  const w = await ownKeys(t);
  const device = await enrolDevice(w, { user: 'ada' });
  await renew(device);
  const many = (from: number, count: number) =>
    told(...Array.from({ length: count }, (_, n) => `Database ${from + n}`));
  await assert.rejects(device.report(many(0, 501)), { code: 'ERR_REPORT_REFUSED' });
  await assert.rejects(device.report(told('*')), { code: 'ERR_REPORT_REFUSED' });
  await device.report(many(0, 500));
  await device.report(many(1000, 500));
  await renew(device);
  assert.equal(names(device, 'decryptionKeys')?.length, 500);
  // A policy is not bound by what devices have told.
  const databases = { Named: { encrypt: 'database' }, '*': { backup: 'allow', custody: 'company' } };
  await w.admin.applyPolicies([policyText({ databases })]);
  await renew(device);
  assert.deepEqual(names(device, 'encryptionKeys'), ['Named']);
});

test('a device that was ended tells nothing any more', async (t) => {
  const w = await ownKeys(t);
  const device = await enrolDevice(w, { user: 'ada' });
  await renew(device);
  await w.admin.revokeDevice(device.id);
  await assert.rejects(device.report(told('Fotos')), { code: 'ERR_NOT_AUTHORISED' });
});
