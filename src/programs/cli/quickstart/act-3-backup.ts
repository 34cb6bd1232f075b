import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes, count } from '../output/index.ts';
import { type PhoneDatabase, phoneDatabases } from './databases.ts';
import { type DemoDevice, enrolDemoDevice } from './device.ts';
import type { Stage } from './stage.ts';

/** Alice's phone once it is backed up. */
export interface Phone {
  readonly id: string;
  readonly device: DemoDevice;
  readonly databases: readonly PhoneDatabase[];
  /** Databases of which something is in the backup. */
  readonly backedUp: ReadonlySet<string>;
}

/** Alice's phone enrols with a code, gets its policy and keys, and backs up what it may. */
export async function backUpPhone(stage: Stage): Promise<Phone> {
  const { data, narrator } = stage;
  narrator.act("Alice's phone enrols and backs up");
  const device = await enrolDemoDevice(stage, 'alice-phone', 'alice');
  narrator.tell(`A one-time code made it device ${device.id}: keys were exchanged both ways (B1, B15).`);
  narrator.tell('Its rules and keys came in a message that is signed and sealed for it alone (B3, B5).');

  const databases = await phoneDatabases(data);
  for (const { name, kind, path } of databases)
    await device.call('sourceAdd', { database: name, kind, path, label: name });
  const result = await device.call('backup', {});
  for (const row of result.databases)
    narrator.tell(`${row.database} (${row.class}): ${count(row.items, 'item')}, ${bytes(row.bytes)}`);
  narrator.expect(
    'what policy allows is backed up',
    'N3 N5 B10',
    result.complete && result.set !== undefined,
    `${bytes(result.stored)} stored in one set`,
  );

  const again = await device.call('backup', {});
  const cheap = again.complete && again.stored * 10 < result.stored;
  narrator.expect('a second run sends only what is new', 'U3', cheap, `${bytes(again.stored)} stored`);

  const secret = await somethingToFind(databases);
  const found = await storageHolds(stage.programs.objects, secret);
  narrator.expect(
    'the storage can read nothing',
    'N7 U2',
    found === undefined,
    found ?? 'no name or text of the phone is in its files',
  );
  return { id: device.id, device, databases, backedUp: new Set(result.databases.map((row) => row.database)) };
}

/** Words that stand in the phone's data, and so must stand nowhere in the storage. */
async function somethingToFind(databases: readonly PhoneDatabase[]): Promise<Buffer[]> {
  const words = databases.map(({ name }) => name);
  for (const { kind, path } of databases) {
    if (kind === 'folder') words.push(...(await readdir(path)));
    else {
      const names = (await readFile(path, 'utf8')).matchAll(/^FN[^:]*:(.{5,})$/gm);
      words.push(...[...names].slice(0, 20).map(([, name = '']) => name.trim()));
    }
  }
  return words.filter((word) => word.length > 5).map((word) => Buffer.from(word));
}

/** Where one of the words stands in the storage's files or their names; undefined when nowhere. */
async function storageHolds(objects: string, words: readonly Buffer[]): Promise<string | undefined> {
  const entries = await readdir(objects, { withFileTypes: true, recursive: true });
  for (const entry of entries.filter((e) => e.isFile())) {
    const content = await readFile(join(entry.parentPath, entry.name));
    for (const word of words)
      if (content.includes(word) || entry.name.includes(word.toString()))
        return `"${word}" stands in ${entry.name}`;
  }
  return undefined;
}
