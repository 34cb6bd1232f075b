import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes, count } from '../output/index.ts';
import type { Phone } from './act-3-backup.ts';
import { compareCards, compareTrees } from './compare.ts';
import { type DemoDevice, enrolDemoDevice } from './device.ts';
import type { Stage } from './stage.ts';

/** Alice's new phone gets everything back, byte for byte. */
export async function restoreElsewhere(stage: Stage, phone: Phone): Promise<DemoDevice> {
  const { directory, narrator } = stage;
  narrator.act("Alice's new phone gets everything back");
  const device = await enrolDemoDevice(stage, 'alice-new-phone', 'alice');
  narrator.tell('It is another device of the same user: policy gave it the same keys (B6).');

  const home = join(directory, 'restored');
  await mkdir(home, { recursive: true });
  const wanted = phone.databases.filter(({ name }) => phone.backedUp.has(name));
  for (const { name, kind, entry } of wanted) {
    const path = join(home, entry);
    if (kind === 'folder') await mkdir(path);
    else await writeFile(path, '');
    await device.call('sourceAdd', { database: name, kind, path, label: name });
  }
  const result = await device.call('restore', {});
  const items = result.databases.reduce((sum, row) => sum + row.added, 0);
  narrator.expect(
    'the set of the old phone is found and restored',
    'N9 N10 B12 B14',
    result.complete && result.set.device === phone.id,
    count(items, 'item'),
  );

  for (const { name, kind, path, entry } of wanted) {
    const [noun, compare] =
      kind === 'vcard' ? (['card', compareCards] as const) : (['file', compareTrees] as const);
    const { same, bytes: size, different } = await compare(path, join(home, entry));
    const outcome =
      different.length === 0
        ? `${count(same, noun)}, ${bytes(size)} are the same`
        : `${count(different.length, noun)} differ, the first: ${different[0]}`;
    narrator.expect(`${name} is the same, byte for byte`, 'B12', different.length === 0 && same > 0, outcome);
  }
  return device;
}
