/** Seeded data of a device: a part for each kind of source. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pick, seeded, writeLarge } from '../world/data.ts';
import { expect } from './finding.ts';

export interface DataSize {
  readonly files: number;
  readonly cards: number;
  /** Messages and events, of each of their kinds. */
  readonly mails: number;
  /** Bytes of the one large file. */
  readonly large: number;
}

/** Which database a part is, and where it lies. */
export const PARTS = {
  files: { database: 'Files', kind: 'folder', path: 'files' },
  cards: { database: 'Address Book', kind: 'vcard', path: 'contacts.vcf' },
  mails: { database: 'Messages', kind: 'mbox', path: 'mail.mbox' },
  events: { database: 'Calendar', kind: 'icalendar', path: 'calendar.ics' },
  texts: { database: 'SMS Messages', kind: 'sms-xml', path: 'sms.xml' },
  post: { database: 'Saved Messages', kind: 'maildir', path: 'post' },
} as const;
export type Part = keyof typeof PARTS;
export const parts = Object.keys(PARTS) as Part[];

/** Parts that are one file of many items; the others are trees. */
export const FILES = ['cards', 'mails', 'events', 'texts'] as const;

/** Where each part lies. */
export type Data = { readonly [P in Part]: string };

export const dataBelow = (root: string): Data =>
  Object.fromEntries(parts.map((part) => [part, join(root, PARTS[part].path)])) as Data;

/** What a device has, below a directory. @param version another one differs in a tenth of it */
export function makeData(root: string, size: DataSize, seed: number, version: number): Data {
  const data = dataBelow(root);
  makeFiles(data.files, size, seed, version);
  makePost(data.post, size, seed, version);
  for (const part of FILES) {
    const count = part === 'cards' ? size.cards : size.mails;
    writeFileSync(data[part], TEXTS[part](pieces(count, seed, version, ITEMS[part])));
  }
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

/** A maildir: of a tenth of its messages another version has other flags, of another tenth other bytes. */
function makePost(root: string, { mails }: DataSize, seed: number, version: number): void {
  rmSync(root, { recursive: true, force: true });
  for (const folder of ['cur', 'new', 'tmp']) mkdirSync(join(root, folder), { recursive: true });
  for (let i = 0; i < mails; i++) {
    if (i % 23 === version) continue;
    const flags = i % 10 === 5 && version > 0 ? 'RS' : 'S';
    const path = join(root, 'cur', `${1_700_000_000 + i}.M${i}P1.host:2,${flags}`);
    writeFileSync(path, letter(i, `${seed} ${i % 10 === 0 ? version : 0}`));
    utimesSync(path, 1_700_000_000 + i, 1_700_000_000 + i);
  }
}

function pieces(
  count: number,
  seed: number,
  version: number,
  of: (i: number, note: string) => string,
): string[] {
  return Array.from({ length: count }, (_, i) =>
    i % 23 === version ? '' : of(i, `${seed} ${i % 10 === 0 ? version : 0}`),
  ).filter((piece) => piece !== '');
}

type FilePart = (typeof FILES)[number];

const letter = (i: number, note: string): string =>
  `Message-ID: <mail-${i}@example.com>\nSubject: ${i}\n\n${note}\n${'text '.repeat(i % 50)}\n\n`;

const ITEMS: Readonly<Record<FilePart, (i: number, note: string) => string>> = {
  cards: (i, note) =>
    `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card-${i}\r\nFN:Person ${i}\r\nN:${i};Person;;;\r\nNOTE:${note}\r\nEND:VCARD\r\n`,
  mails: (i, note) => `From a@example.com Mon Jan  1 00:00:00 2024\n${letter(i, note)}`,
  events: (i, note) =>
    `BEGIN:VEVENT\r\nUID:event-${i}\r\nDTSTAMP:20240101T000000Z\r\nSUMMARY:${i}\r\nDESCRIPTION:${note}\r\nEND:VEVENT\r\n`,
  texts: (i, note) =>
    `  <sms protocol="0" address="+4930${i}" date="${1_700_000_000_000 + i}" type="1" body="text ${i}" contact_name="${note}" />\n`,
};

const TEXTS: Readonly<Record<FilePart, (pieces: readonly string[]) => string>> = {
  cards: (pieces) => pieces.join(''),
  mails: (pieces) => pieces.join(''),
  events: (pieces) =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//faults//EN\r\n${pieces.join('')}END:VCALENDAR\r\n`,
  texts: (pieces) =>
    `<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count="${pieces.length}">\n${pieces.join('')}</smses>\n`,
};

const ITEM: Readonly<Record<FilePart, { readonly item: RegExp; readonly id: RegExp }>> = {
  cards: { item: /^BEGIN:VCARD.*?^END:VCARD\r\n/gms, id: /^UID:(.*)\r$/m },
  mails: { item: /^From .*?(?=^From |(?![\s\S]))/gms, id: /^Message-ID: (.*)$/m },
  events: { item: /^BEGIN:VEVENT.*?^END:VEVENT\r\n/gms, id: /^UID:(.*)\r$/m },
  texts: { item: /<sms .*?\/>/gs, id: /date="(\d+)"/ },
};

/** Items of a file and their ids, in order. */
export const itemsOf = (part: FilePart, path: string): [id: string, item: string][] =>
  [...readFileSync(path, 'latin1').matchAll(ITEM[part].item)].map(([item]) => [
    ITEM[part].id.exec(item)?.[1] ?? item,
    item,
  ]);

/** Files of a maildir by the part of their names that stays: names with their flags, and bytes. */
export function letters(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of ['cur', 'new'])
    for (const name of readdirSync(join(root, folder))) {
      const id = name.split(':')[0]!;
      expect(!found.has(id), 'double', () => `the message ${id} is there twice`);
      found.set(id, `${name}\n${readFileSync(join(root, folder, name), 'latin1')}`);
    }
  return found;
}

/** Names of temporary files that were left anywhere below a directory. */
export function leftovers(root: string): string[] {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(^|\/)\.holdfast-[^/]*\.tmp$/.test(name),
  );
}
