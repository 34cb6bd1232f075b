import { existsSync, readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describeTree } from '../../world/trees.ts';
import { expectExit, sameTree, succeeds } from '../check.ts';
import { expect, once } from '../finding.ts';
import type { Stage, Subject } from '../stage.ts';
import { type DataSize, leftovers, makeData } from '../trees.ts';
import type { Scenario } from './scenario.ts';

export const restoreFiles: Scenario = {
  name: 'restore',
  about: 'files are restored over changed ones; the device dies',
  async run(stage, fault, seed, size) {
    const { subject, before, wanted } = await changed(stage, size, seed);
    const { files } = subject.data;
    const died = await stage.kill(subject, ['restore', '--database', 'Files'], fault, files);
    expectExit(died);
    const [old, now] = [describeTree(before.files), describeTree(files)];
    for (const [path, is] of now) {
      if (/(^|\/)\.holdfast-/.test(path)) continue;
      const whole = [old.get(path), wanted.files.get(path)].some((one) => content(one) === content(is));
      expect(whole, 'failure', () => `${path} is neither old nor new but ${is}`);
    }
    for (const path of old.keys()) expect(now.has(path), 'loss', () => `${path} is gone`);
    await succeeds(subject, 'restore', '--database', 'Files');
    noLeftovers(subject);
    sameTree(timeless(wanted.files), timeless(describeTree(files)), 'loss');
    await stage.clear(subject);
    return died;
  },
};

export const writeBack: Scenario = {
  name: 'write-back',
  about: 'contacts and mail are restored into changed files; the device dies',
  size: { files: 1, large: 10 },
  async run(stage, fault, seed, size) {
    const { subject, before, wanted } = await changed(stage, size, seed);
    const restore = ['restore', '--database', 'Address Book', '--database', 'Messages'];
    const died = await stage.kill(subject, restore, fault, join(subject.root, 'data'));
    expectExit(died);
    const killed = { cards: read(subject.data.cards), mails: read(subject.data.mails) };
    await succeeds(subject, ...restore);
    for (const one of ['cards', 'mails'] as const) {
      const now = read(subject.data[one]);
      const whole = killed[one] === now || killed[one] === read(before[one]);
      expect(whole, 'failure', () => `${one} were neither old nor new`);
      once(partsOf(now).keys(), one);
      sameTree(wanted[one], partsOf(now), 'loss');
    }
    noLeftovers(subject);
    await stage.clear(subject);
    return died;
  },
};

interface Changed {
  readonly subject: Subject;
  /** A copy of what was there before the restore. */
  readonly before: Subject['data'];
  readonly wanted: {
    readonly files: ReadonlyMap<string, string>;
    readonly cards: ReadonlyMap<string, string>;
    readonly mails: ReadonlyMap<string, string>;
  };
}

/** Backed up, then changed: what a restore has to make of it is the old version over the new one. */
async function changed(stage: Stage, size: DataSize, seed: number): Promise<Changed> {
  const subject = await stage.subject({ size, seed });
  const { data, root, phone } = subject;
  await phone.call('backup', {});
  const stored = { files: describeTree(data.files), cards: read(data.cards), mails: read(data.mails) };
  makeData(join(root, 'data'), size, seed, 1);
  const folder = join(root, 'before');
  await cp(join(root, 'data'), folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  const before = {
    files: join(folder, 'files'),
    cards: join(folder, 'contacts.vcf'),
    mails: join(folder, 'mail.mbox'),
  };
  const over = (old: string, now: string) => new Map([...partsOf(now), ...partsOf(old)]);
  const wanted = {
    files: new Map([...describeTree(data.files), ...stored.files]),
    cards: over(stored.cards, read(data.cards)),
    mails: over(stored.mails, read(data.mails)),
  };
  return { subject, before, wanted };
}

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'latin1') : '');

/** Cards or messages of a file by their id. An id that comes twice is there under a name of its own. */
function partsOf(text: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const part of text.split(/(?=^BEGIN:VCARD|^From )/m)) {
    const [, id = part.slice(0, 40)] = /^(?:UID:|Message-ID: )(.*?)\r?$/m.exec(part) ?? [];
    expect(!parts.has(id), 'double', () => `${id} is there twice`);
    parts.set(id, part);
  }
  return parts;
}

/** Type and bytes, without permissions and time, which come last. */
const content = (is: string | undefined): string | undefined =>
  is?.replace(/^(file|directory) \d+/, '$1').replace(/, of -?\d+,/, ',');

/** A file whose bytes were there already keeps its time. */
const timeless = (tree: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...tree].map(([path, is]) => [path, is.replace(/, of -?\d+,/, ',')]));

function noLeftovers({ root }: Subject): void {
  const left = leftovers(join(root, 'data'));
  expect(left.length === 0, 'failure', () => `left behind: ${left.slice(0, 3).join(', ')}`);
}
