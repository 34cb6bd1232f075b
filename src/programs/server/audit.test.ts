/** What devices put into the audit log: how much of it, and for how long it is kept (B2, U3). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEntry } from '../../api/server/index.ts';
import { area, enrolDevice, policyText, type World, world } from './world.test.ts';

const DAY = 86_400_000;

async function entries(w: World): Promise<AuditEntry[]> {
  const found: AuditEntry[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await w.admin.audit({ after, limit: 3 });
    found.push(...page.entries);
    after = page.next;
  }
  return found;
}

const actions = async (w: World): Promise<string[]> => (await entries(w)).map(({ action }) => action);

test('a failure that is reported again and again is one entry, and how often it was when it is over', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  for (let times = 0; times < 5; times++) {
    await device.fetch();
    await device.fail('ERR_POLICY_SECTION');
  }
  const { failure } = await w.admin.device(device.id);
  assert.deepEqual([failure?.code, failure?.count], ['ERR_POLICY_SECTION', 5]);
  assert.ok(failure!.since <= failure!.time);
  assert.deepEqual((await actions(w)).slice(-2), ['device.enrol', 'device.failure']);
  await device.fetch();
  await device.acknowledge();
  const last = (await entries(w)).at(-1);
  assert.deepEqual(
    [last?.action, last?.detail.code, last?.detail.count],
    ['device.failures', 'ERR_POLICY_SECTION', 5],
  );
  await device.fail('ERR_OTHER');
  await device.fetch();
  await device.acknowledge();
  assert.equal((await actions(w)).at(-1), 'device.failure', 'one alone says it all');
});

test('a device writes only so much into the log in a day; how much more it was is said', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const [noisy, other] = [await enrolDevice(w, { user: 'ada' }), await enrolDevice(w, { user: 'ada' })];
  for (let times = 0; times < 130; times++) await noisy.fail(`ERR_NUMBER_${times}`);
  const of = async (id: string) => (await entries(w)).filter(({ actor }) => actor === `device:${id}`);
  assert.equal((await of(noisy.id)).length, 101, 'its enrolment, and a hundred');
  await other.fail('ERR_OTHER');
  assert.equal((await of(other.id)).length, 2);
  assert.equal((await w.admin.device(noisy.id)).failure?.code, 'ERR_NUMBER_129', 'the newest is shown');
});

test('the right to delete is given sixty times an hour to a device', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const [greedy, other] = [await enrolDevice(w, { user: 'ada' }), await enrolDevice(w, { user: 'ada' })];
  for (let times = 0; times < 60; times++) await greedy.client.deleteGrant(area('one'));
  const path = `/api/v1/devices/${greedy.id}/grants`;
  const body = Buffer.from(JSON.stringify({ area: area('one'), right: 'delete' }));
  const login = await greedy.login({ method: 'POST', path, body });
  const headers = { authorization: `Holdfast ${login}`, 'content-type': 'application/json' };
  const response = await fetch(w.server.url + path, { method: 'POST', headers, body });
  assert.equal(response.status, 429);
  assert.equal(((await response.json()) as { code: string }).code, 'ERR_TOO_MANY_ATTEMPTS');
  await other.client.deleteGrant(area('one'));
  assert.equal((await actions(w)).filter((action) => action === 'grant.delete').length, 61);
});

test('what devices did goes when its time is over; what administrators did stays, and the rest still verifies', async (t) => {
  let now = Date.now();
  const w = await world(t, { clock: () => now, auditKeep: 30 * DAY });
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  for (let times = 0; times < 3; times++) await device.client.deleteGrant(area('one'));
  await w.admin.addGroup('staff');
  await device.fail('ERR_ONE');
  await w.admin.addGroup('sales');
  const before = await entries(w);
  const gone = before.filter(({ action }) => ['grant.delete', 'device.failure'].includes(action));
  assert.equal(gone.length, 4);

  now += 31 * DAY;
  await w.admin.addGroup('others');
  for (let tries = 0; !(await actions(w)).includes('audit.expire'); tries++) {
    assert.ok(tries < 200, 'nothing was dropped');
    await sleep(20);
  }
  const kept = await entries(w);
  assert.deepEqual(
    kept.slice(0, -2),
    before.filter((entry) => !gone.includes(entry)),
    'unchanged, hashes and all',
  );
  const expired = kept.find(({ action }) => action === 'audit.expire');
  assert.deepEqual([expired?.actor, expired?.detail.entries], ['server', 4]);
  const [{ seq }] = gone as [AuditEntry];
  const next = kept.find((entry) => entry.seq > seq);
  const page = await w.admin.audit({ after: seq, limit: 1 });
  assert.deepEqual(page.entries, [next], 'reading can begin at one that is gone');
  await w.restart();
  assert.equal((await entries(w)).length, kept.length);

  await w.server.close();
  const database = new DatabaseSync(join(w.state, 'server.sqlite'));
  assert.throws(() => database.exec(`delete from audit where action = 'group.add'`), /kept/);
  assert.throws(() => database.exec(`delete from audit where action = 'device.enrol'`), /kept/);
  database.exec(`drop trigger audit_kept; delete from audit where seq = ${next!.seq}`);
  database.close();
  await w.restart();
  await assert.rejects(entries(w), { code: 'ERR_AUDIT_BROKEN' });
});
