import { existsSync, readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describeTree } from '../../world/trees.ts';
import { expectExit, sameTree, succeeds } from '../check.ts';
import { expect, once } from '../finding.ts';
import type { Stage, Subject } from '../stage.ts';
import {
  type Data,
  type DataSize,
  dataBelow,
  FILES,
  itemsOf,
  leftovers,
  letters,
  makeData,
  PARTS,
  type Part,
  parts,
} from '../trees.ts';
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
  about: 'contacts, calendars, messages and mail are restored into changed ones; the device dies',
  size: { files: 1, large: 10 },
  async run(stage, fault, seed, size) {
    const { subject, before, wanted } = await changed(stage, size, seed);
    const { data } = subject;
    const databases = [...FILES, 'post' as const].flatMap((part) => ['--database', PARTS[part].database]);
    const restore = ['restore', ...databases];
    const died = await stage.kill(subject, restore, fault, join(subject.root, 'data'));
    expectExit(died);
    const killed = new Map(FILES.map((part) => [part, read(data[part])]));
    whileKilled(letters(before.post), wanted.post, letters(data.post));
    await succeeds(subject, ...restore);
    for (const part of FILES) {
      const whole = [read(data[part]), read(before[part])].includes(killed.get(part)!);
      expect(whole, 'failure', () => `${part} were neither old nor new`);
      sameTree(wanted[part], byId(part, data[part]), 'loss');
    }
    sameTree(wanted.post, letters(data.post), 'loss');
    noLeftovers(subject);
    await stage.clear(subject);
    return died;
  },
};

type Contents = Record<Part, ReadonlyMap<string, string>>;

/** Bytes and flags of a message are replaced one after the other: each is the old or the new one. */
function whileKilled(
  old: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): void {
  const parts = (letter: string | undefined): [name: string, bytes: string] => {
    const [name = '', ...lines] = letter?.split('\n') ?? [];
    return [name, lines.join('\n')];
  };
  for (const [id, letter] of old) {
    expect(now.has(id), 'loss', () => `${id} is gone`);
    const [name, bytes] = parts(now.get(id));
    const all = [letter, wanted.get(id)].map(parts);
    const held = all.some(([one]) => one === name) && all.some(([, one]) => one === bytes);
    expect(held, 'failure', () => `${name} is neither old nor new`);
  }
}

interface Changed {
  readonly subject: Subject;
  /** A copy of what was there before the restore. */
  readonly before: Data;
  /** Of each part what a restore has to make of it, by name or id. */
  readonly wanted: Contents;
}

/** Backed up, then changed: what a restore has to make of it is the old version over the new one. */
async function changed(stage: Stage, size: DataSize, seed: number): Promise<Changed> {
  const subject = await stage.subject({ size, seed });
  const { data, root, phone } = subject;
  await phone.call('backup', {});
  const stored = contents(data);
  makeData(join(root, 'data'), size, seed, 1);
  const folder = join(root, 'before');
  await cp(join(root, 'data'), folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  const now = contents(data);
  const wanted = { ...now };
  for (const part of parts) wanted[part] = new Map([...now[part], ...stored[part]]);
  return { subject, before: dataBelow(folder), wanted };
}

const contents = (data: Data): Contents => ({
  files: describeTree(data.files),
  post: letters(data.post),
  cards: byId('cards', data.cards),
  mails: byId('mails', data.mails),
  events: byId('events', data.events),
  texts: byId('texts', data.texts),
});

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'latin1') : '');

/** Items of a file, none of them twice. */
function byId(part: (typeof FILES)[number], path: string): Map<string, string> {
  const items = itemsOf(part, path);
  once(
    items.map(([id]) => id),
    part,
  );
  return new Map(items);
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
