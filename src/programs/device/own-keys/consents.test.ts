import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ruleFor } from '../../../policy/evaluate/index.ts';
import type { Custody, DatabaseRule, DeviceRules } from '../../../policy/rules/index.ts';
import { Home } from '../home/index.ts';
import { Consents } from './consents.ts';

let home: Home;
before(async () => {
  home = new Home(await mkdtemp(join(tmpdir(), 'holdfast-consents-')));
});
after(() => rm(home.path, { recursive: true, force: true }));

const by = <T>(value: T) => ({ value, policy: 'everyone' });
function rule(custody: Custody, encrypt: DatabaseRule['encrypt'] = 'user') {
  const row = { backup: by('allow' as const), custody: by(custody), encrypt: by(encrypt) };
  const rules = { databases: { Diary: row }, classes: {} } as unknown as DeviceRules;
  return ruleFor(rules, 'Diary', 'personal');
}
/** Whether a change is asked about. */
const asks = (consents: Consents, to: Custody, encrypt?: DatabaseRule['encrypt']) =>
  consents.change('Diary', rule(to, encrypt)) !== undefined;
const user = 'A'.repeat(22);

test('what lets the company in is asked about, and nothing else', async () => {
  const all: Custody[] = ['company', 'user', 'any', 'all'];
  for (const before of all)
    for (const now of all) {
      const consents = await Consents.read(home, user);
      assert.equal(asks(consents, now), false, 'nothing was sealed yet');
      consents.note('Diary', before);
      const more = (before === 'user' || before === 'all') && (now === 'any' || now === 'company');
      assert.equal(asks(consents, now), more, `${before} to ${now}`);
    }
  const plain = await Consents.read(home, user);
  plain.note('Diary', 'all');
  assert.equal(asks(plain, 'all', 'none'), true);
});

test('what waits for an answer is no answer; yes and no are kept, of this user', async () => {
  const consents = await Consents.read(home, user);
  consents.note('Diary', 'user');
  consents.note('Diary', 'any');
  assert.equal(asks(consents, 'any'), true);
  consents.answer('Diary', consents.change('Diary', rule('any'))!, false);
  await consents.save();

  const again = await Consents.read(home, user);
  const { declined, from, to, policy } = again.change('Diary', rule('any'))!;
  assert.deepEqual([declined, from, to, policy], [true, 'user', 'any', 'everyone']);
  assert.equal(again.change('Diary', rule('company'))?.declined, false, 'another change is another question');
  again.answer('Diary', again.change('Diary', rule('any'))!, true);
  await again.save();
  assert.equal(asks(await Consents.read(home, user), 'any'), false);

  // Back to the user alone, and the company in again: asked again.
  again.note('Diary', 'user');
  assert.equal(asks(again, 'any'), true);
  assert.equal(asks(await Consents.read(home, 'B'.repeat(22)), 'any'), false, 'another user');
});

test('a damaged file lets nobody in', async () => {
  await writeFile(home.consents, '{"v":1,"user":1}');
  await assert.rejects(Consents.read(home, user), { code: 'ERR_STATE' });
  await rm(home.consents);
});
