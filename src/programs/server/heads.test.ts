import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodePlatform as platform } from '../../platform/node.ts';
import { newId } from '../../policy/message/index.ts';
import { area, enrolDevice, world } from './world.test.ts';

const refused = (code: string) => ({ code });

test('heads reach the other devices and never go backwards', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const [first, second] = await Promise.all([
    enrolDevice(w, { user: 'ada' }),
    enrolDevice(w, { user: 'ada' }),
  ]);
  const chain = newId(platform);
  const head = (counter: number, letter: string) =>
    ({
      kind: 'head',
      ...{ chain, counter, hash: letter.repeat(43), time: 1_800_000_000_000 + counter },
      area: area('one').slice(-22),
    }) as const;
  assert.deepEqual(await first.report(head(3, 'A')), { order: 'new' });
  assert.deepEqual(await first.report(head(3, 'A')), { order: 'repeated' });
  assert.deepEqual(await first.report(head(2, 'A')), { order: 'old' });
  await assert.rejects(first.report(head(3, 'Q')), refused('ERR_HEAD_CONFLICT'));
  await second.fetch();
  assert.deepEqual(
    second.values.trust?.heads.map(({ chain, device, counter, area }) => ({ chain, device, counter, area })),
    [{ chain, device: first.id, counter: 3, area: area('one').slice(-22) }],
  );
  await second.acknowledge();
  assert.deepEqual(await first.report(head(4, 'A')), { order: 'new' });
  assert.equal(await second.fetch(), true, 'heads ride on the next message');
  assert.equal(second.values.trust?.heads[0]?.counter, 4);
});

test('of the backup files of a device the newest are remembered, and they keep no area out', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const files = Array.from({ length: 103 }, () => newId(platform));
  const head = (chain: string, time: number) => ({
    ...({ kind: 'head', chain, counter: 1 } as const),
    ...{ hash: 'A'.repeat(43), time: 1_800_000_000_000 + time },
  });
  for (const [n, chain] of files.entries()) await device.report(head(chain, n));
  await device.report({ ...head(newId(platform), 0), area: area('one').slice(-22) });
  await device.fetch();
  const heads = device.values.trust!.heads;
  assert.equal(heads.filter((one) => one.area !== undefined).length, 1);
  assert.deepEqual(
    heads.flatMap(({ chain, area }) => (area === undefined ? [chain] : [])).sort(),
    files.slice(3).sort(),
  );
});

test('who reports the id of a chain first keeps no other device out of it', async (t) => {
  const w = await world(t);
  for (const name of ['ada', 'eve']) await w.admin.addUser(name);
  const victim = await enrolDevice(w, { user: 'ada' });
  const [stolen, stranger] = [await enrolDevice(w, { user: 'ada' }), await enrolDevice(w, { user: 'eve' })];
  const chain = newId(platform);
  const head = (counter: number, letter: string) =>
    ({
      kind: 'head',
      ...{ chain, counter, hash: letter.repeat(43), time: 1_800_000_000_000 },
      area: area('one').slice(-22),
    }) as const;
  assert.deepEqual(await stolen.report(head(900, 'Q')), { order: 'new' });
  assert.deepEqual(await stranger.report(head(900, 'g')), { order: 'new' });
  assert.deepEqual(await victim.report(head(1, 'A')), { order: 'new' });
  assert.deepEqual(await victim.report(head(2, 'A')), { order: 'new' });
  await assert.rejects(victim.report(head(2, 'Q')), refused('ERR_HEAD_CONFLICT'));
  await victim.fetch();
  const known = victim.values.trust!.heads.map(({ device, counter, hash }) => [device, counter, hash[0]]);
  assert.deepEqual(
    known.sort(),
    [
      [victim.id, 2, 'A'],
      [stolen.id, 900, 'Q'],
    ].sort(),
    'each under the name of the device that said it; of another user nothing is heard',
  );
  const shown = await w.admin.device(victim.id);
  assert.deepEqual(
    shown.heads.map(({ counter }) => counter),
    [2],
  );
});
