import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Phone } from './act-3-backup.ts';
import type { DemoDevice } from './device.ts';
import type { Stage } from './stage.ts';

/** Somebody at the storage changes one bit of one document: it is found and named, and nothing of it is used. */
export async function detectTampering(stage: Stage, phone: Phone, device: DemoDevice): Promise<void> {
  const { directory, narrator, programs } = stage;
  narrator.act('Somebody at the storage changes one bit');
  const document = await largestObject(programs.objects);
  const intact = await readFile(document);
  const altered = Buffer.from(intact);
  const middle = altered.length >> 1;
  altered[middle] = (altered[middle] ?? 0) ^ 1;
  await writeFile(document, altered);
  const into = join(directory, 'tampered');
  try {
    await narrator.expectExit('the altered document is found and named', 'U2', 6, () =>
      device.call('restore', { device: phone.id, databases: ['Pictures'], into }),
    );
  } finally {
    await writeFile(document, intact);
    await rm(into, { recursive: true, force: true });
  }
  const { damaged, items } = await device.call('verify', { device: phone.id });
  narrator.expect(
    'put right again, everything verifies',
    'U3',
    damaged.length === 0 && items > 0,
    `${items} items checked`,
  );
}

/** The largest one holds data of the phone, not an index or a manifest. */
async function largestObject(objects: string): Promise<string> {
  let [largest, size] = ['', -1];
  for (const entry of await readdir(objects, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path);
    if (found.size > size) [largest, size] = [path, found.size];
  }
  return largest;
}
