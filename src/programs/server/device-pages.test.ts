import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enrolDevice, world } from './world.test.ts';

test('devices are listed in pages: each once, as in the list of all', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  for (let count = 0; count < 5; count++) await enrolDevice(w, { user: 'ada' });
  const page = async (query: string): Promise<{ status: number; ids: string[] }> => {
    const response = await fetch(`${w.server.url}/api/v1/admin/devices${query}`, {
      headers: { authorization: `Bearer ${w.token}` },
    });
    const { devices = [] } = (await response.json()) as { devices?: { id: string }[] };
    return { status: response.status, ids: devices.map(({ id }) => id) };
  };
  const all = (await w.admin.devices()).map(({ id }) => id);
  assert.equal(all.length, 5);
  const first = await page('?limit=2');
  const second = await page(`?limit=2&after=${first.ids[1]}`);
  const last = await page(`?after=${second.ids[1]}`);
  assert.deepEqual(
    [first, second, last].map(({ ids }) => ids),
    [all.slice(0, 2), all.slice(2, 4), all.slice(4)],
  );
  assert.deepEqual(await page(`?limit=2&after=${all[4]}`), { status: 200, ids: [] });
  assert.equal((await page(`?after=${'A'.repeat(22)}`)).status, 404);
  for (const query of ['?limit=0', '?limit=501', '?limit=x', '?after=x']) {
    assert.equal((await page(query)).status, 400, query);
  }
});
