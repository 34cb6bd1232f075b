/** Seeded data of a device: a tree of files, a file of contacts, a mailbox. */
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pick, seeded, writeLarge } from '../world/data.ts';

export interface DataSize {
  readonly files: number;
  readonly cards: number;
  readonly mails: number;
  /** Bytes of the one large file. */
  readonly large: number;
}

export interface Data {
  readonly files: string;
  readonly cards: string;
  readonly mails: string;
}

/** What a device has, below a directory. @param version another one differs in a tenth of it */
export function makeData(root: string, size: DataSize, seed: number, version: number): Data {
  const data = {
    files: join(root, 'files'),
    cards: join(root, 'contacts.vcf'),
    mails: join(root, 'mail.mbox'),
  };
  makeFiles(data.files, size, seed, version);
  writeFileSync(data.cards, pieces(size.cards, seed, version, cardOf));
  writeFileSync(data.mails, pieces(size.mails, seed, version, mailOf));
  return data;
}

function makeFiles(root: string, { files, large }: DataSize, seed: number, version: number): void {
  mkdirSync(root, { recursive: true });
  const made = new Set<string>();
  for (let i = 0; i < files; i++) {
    // Some are only in one version: deleted, or new.
    if (i % 23 === version) continue;
    const directory = join(root, `directory ${i % 7}`, ...(i % 100 > 90 ? [`${i % 100}`] : []));
    if (!made.has(directory)) mkdirSync(directory, { recursive: true });
    made.add(directory);
    const random = seeded(seed + i * 7919 + (i % 10 === 0 ? version * 31 : 0));
    const path = join(directory, `file ${i}`);
    writeFileSync(path, random(i % 13 === 0 ? 0 : pick(random, 6000)));
    const time = 1_700_000_000 + i + (i % 10 === 0 ? version : 0);
    utimesSync(path, time, time);
  }
  writeLarge(join(root, 'large'), large, seed + version);
  mkdirSync(join(root, 'empty'), { recursive: true });
  rmSync(join(root, 'link'), { force: true });
  symlinkSync(`directory ${version}`, join(root, 'link'));
}

function pieces(
  count: number,
  seed: number,
  version: number,
  of: (i: number, note: string) => string,
): string {
  return Array.from({ length: count }, (_, i) =>
    i % 23 === version ? '' : of(i, `${seed} ${i % 10 === 0 ? version : 0}`),
  ).join('');
}

const cardOf = (i: number, note: string): string =>
  `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card-${i}\r\nFN:Person ${i}\r\nN:${i};Person;;;\r\nNOTE:${note}\r\nEND:VCARD\r\n`;

const mailOf = (i: number, note: string): string =>
  `From a@example.com Mon Jan  1 00:00:00 2024\nMessage-ID: <mail-${i}@example.com>\nSubject: ${i}\n\n${note}\n${'text '.repeat(i % 50)}\n\n`;

/** Names of temporary files that were left anywhere below a directory. */
export function leftovers(root: string): string[] {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(^|\/)\.holdfast-[^/]*\.tmp$/.test(name),
  );
}
