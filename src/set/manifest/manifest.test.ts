import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Manifest, manifestName, parseManifest, parseManifestName } from './index.ts';

const id = (letter: string): string => `${letter.repeat(21)}A`;
const hash = 'h'.repeat(42).concat('A');
const manifest: Manifest = {
  v: 1,
  kind: 'backup',
  device: id('d'),
  chain: id('c'),
  set: id('s'),
  counter: 3,
  prev: hash,
  base: 1,
  time: 1_792_195_200_000,
  keyring: {
    id: id('k'),
    envelopes: [{ number: 0, hash, databases: [{ id: id('b'), commitment: hash }] }],
  },
  databases: [
    { id: id('b'), segments: [{ id: 'segmentidsE', stream: 'data', frames: 1, bytes: 100, hash }] },
  ],
  indexes: [[{ set: id('s'), database: id('b') }]],
  uses: [{ set: id('u'), counter: 2, time: 0, hash }],
  alerts: [id('s')],
  recap: [{ set: id('v'), counter: 1, time: 0, hash, bytes: 7 }],
  recapped: { set: id('w'), counter: 1, time: 0, hash },
  pruned: { set: id('p'), counter: 1, time: 0, hash },
  continues: { chain: id('o'), counter: 9, hash },
};

/** Each id or hash in it, spelled otherwise: the same bytes, with bits in the unused end. */
function* respelled(value: unknown): Generator<unknown> {
  if (typeof value === 'string' && [11, 22, 43].includes(value.length)) {
    yield `${value.slice(0, -1)}${value.at(-1) === 'A' ? 'B' : 'F'}`;
  } else if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) for (const other of respelled(one)) yield value.with(i, other);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value))
      for (const other of respelled(one)) yield { ...value, [name]: other };
  }
}

test('a manifest is what was written, without what later versions add', () => {
  assert.deepEqual(parseManifest(JSON.parse(JSON.stringify({ ...manifest, later: 1 }))), manifest);
});

test('a recap is of what came before', () => {
  const later = { ...manifest.recapped!, counter: manifest.counter };
  for (const other of [
    { ...manifest, recapped: later },
    { ...manifest, recap: [{ ...later, bytes: 1 }] },
  ])
    assert.throws(() => parseManifest(other), { code: 'ERR_MALFORMED' });
});

test('an id has one spelling: every other one is refused', () => {
  const others = [...respelled(manifest)];
  assert.equal(others.length, 24);
  for (const other of others)
    assert.throws(() => parseManifest(other), { code: 'ERR_MALFORMED', kind: 'integrity' }, String(other));
});

test('the name of a manifest is read back; spelled otherwise, it is no name of one', () => {
  const place = { device: id('d'), chain: id('c') };
  const name = manifestName(place, 7, id('s'));
  assert.deepEqual(parseManifestName(name), { ...place, counter: 7, set: id('s') });
  for (const letter of ['d', 'c', 's'])
    assert.equal(parseManifestName(name.replace(id(letter), `${letter.repeat(21)}B`)), undefined);
  for (const other of [`${name}A`, name.replace('0', ''), name.replace('/m/', '/s/')])
    assert.equal(parseManifestName(other), undefined);
});
