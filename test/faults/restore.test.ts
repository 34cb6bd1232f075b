/** Restores that are killed, or lose their power, at drawn moments (U7): see docs/faults.md. */
import { test } from 'node:test';
import { writeBack } from './scenarios/restore.ts';
import { shortForm } from './short-form.ts';
import { Stage } from './stage.ts';

test('killed at drawn moments of a restore: each file is the old or the new one, and nothing is left behind', (t) =>
  shortForm(t, 12, 'restore', 'write-back'));

test('killed after each rename and link of a restore: each message is there once', async () => {
  const size = { files: 1, cards: 2, mails: 12, large: 10 };
  await using stage = await Stage.open();
  const { counts } = await writeBack.run(stage, {}, 1, size);
  for (const kind of ['rename', 'link'] as const)
    for (let number = 1; number <= counts![kind]!; number++)
      await writeBack.run(stage, { moment: { kind, number, when: 'after' } }, 1, size);
});
