/** Every vCard of the corpus, by the real command line: it comes back byte for byte on another device. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Splitter } from '../../src/formats/vobject/index.ts';
import { resultOf } from '../world/device.ts';
import { type World, type WorldDevice, world } from '../world.ts';

const corpus = join(process.env.HOLDFAST_CORPUS ?? '', 'contacts');
const skip =
  process.env.HOLDFAST_CORPUS && existsSync(corpus) ? false : 'HOLDFAST_CORPUS names no folder with contacts';

let it: World;
let phone: WorldDevice;
let tablet: WorldDevice;
before(async () => {
  if (skip) return;
  it = await world({ users: { alice: { devices: ['phone', 'tablet'] } } });
  [phone, tablet] = [it.device('alice', 'phone'), it.device('alice', 'tablet')];
});
after(() => it?.[Symbol.asyncDispose]());

/** The cards in all files of a directory, each as its exact bytes. */
function cardsIn(directory: string): Buffer[] {
  const cards: Buffer[] = [];
  for (const name of readdirSync(directory)) {
    const splitter = new Splitter('VCARD');
    for (const piece of [...splitter.push(readFileSync(join(directory, name))), ...splitter.end()])
      cards.push(Buffer.from(piece.bytes));
  }
  return cards;
}

/** Digests, since a difference is to be shown in a few lines. */
const digests = (cards: readonly Buffer[]): string[] =>
  [...new Set(cards.map((card) => createHash('sha256').update(card).digest('hex')))].sort();

/** In a common file a card that lacks its `END`, or the line end behind it, is given one. */
const bare = (cards: readonly Buffer[]): Buffer[] =>
  cards.map((card) => Buffer.from(card.toString('latin1').replace(/(\r?\nEND:VCARD)?\s*$/i, ''), 'latin1'));

test('every card comes back byte for byte, into a folder of its own and into one file', {
  skip,
}, async () => {
  const original = cardsIn(corpus);
  assert.ok(original.length > 100);
  const added = await phone.cli(['source', 'add', 'Address Book', 'vcard', corpus]);
  assert.equal(added.code, 0, added.stderr);
  const done = await phone.cli(['backup', '--json']);
  assert.equal(done.code, 0, done.stderr);
  const { items } = resultOf('backup', done).databases[0]!;

  const folder = it.place('contacts');
  mkdirSync(folder);
  await tablet.cli(['source', 'add', 'Address Book', 'vcard', folder]);
  const home = await tablet.cli(['restore', '--json']);
  assert.equal(home.code, 0, home.stderr);
  assert.equal(resultOf('restore', home).databases[0]?.added, items);
  assert.deepEqual(digests(cardsIn(folder)), digests(original));

  const into = it.place('into');
  const restored = await tablet.cli(['restore', '--into', into, '--json']);
  assert.equal(restored.code, 0, restored.stderr);
  assert.deepEqual(digests(bare(cardsIn(join(into, 'Address Book')))), digests(bare(original)));

  // Again, nothing is there twice (U7).
  const before = cardsIn(folder).length;
  const again = resultOf('restore', await tablet.cli(['restore', '--json'])).databases[0]!;
  assert.deepEqual([again.added, again.kept, cardsIn(folder).length], [0, items, before]);
});

test('the storage has seen none of them', { skip }, () => {
  const words = cardsIn(corpus)
    .flatMap((card) => card.toString('latin1').match(/^FN[^:\r\n]*:(.{6,})\r?$/m)?.[1] ?? [])
    .map((name) => Buffer.from(name.trim(), 'latin1'));
  assert.ok(words.length > 20);
  for (const entry of readdirSync(it.objects, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    for (const word of words) assert.equal(bytes.includes(word), false, `${word} stands in ${entry.name}`);
  }
});
