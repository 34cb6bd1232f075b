import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import type { FilledUnit } from '../backup/index.ts';
import { compareBytes, utf8 } from '../lib/bytes.ts';
import { entryKey } from '../set/index.ts';
import { openState, temporaryState } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-state-'));
after(() => rmSync(directory, { recursive: true }));

const hash = 'h'.repeat(42).concat('A');
const last = { set: `${'s'.repeat(21)}A`, counter: 1, time: 0, hash };
const unit = { database: 'Files', class: 'personal' as const };
const key = (i: number): Uint8Array => entryKey(utf8('home'), utf8(`item-${String(i).padStart(5, '0')}`));

async function* filled(count: number): AsyncGenerator<FilledUnit> {
  yield {
    unit: { ...unit, protection: 'company/user', sources: [], parts: [] },
    segments: [],
    items: (async function* () {
      for (let i = 0; i < count; i += 2) {
        const uid = utf8(`item-${String(i).padStart(5, '0')}`);
        const fingerprint = new Uint8Array(32);
        yield {
          ...{ op: 'present' as const, key: key(i), uid, title: `${i}`, type: 'text/plain', time: 0 },
          ...{ attributes: {}, size: 0, fingerprint, extents: [] },
        };
      }
    })(),
  };
}

test('items are found by their keys, over all pages; what is not there is passed over', async () => {
  const state = temporaryState();
  const catalogue = state.catalogue('somewhere');
  assert.deepEqual([...catalogue.itemsOf(unit, [key(0)])], []);
  const chain = { chain: last.set, base: 1, last, chunking: '', alerts: [], recaps: {} };
  await catalogue.fill(chain, [last], filled(6000));
  const asked = Array.from({ length: 6100 }, (_, i) => key(i)).filter((_, i) => i % 3 === 0 || i > 5990);
  const found = [...catalogue.itemsOf(unit, [key(0), ...asked.slice(1)])].map((item) => item.key);
  const expected = asked.filter((_, i) => {
    const number = Number(new TextDecoder().decode(asked[i]!).slice(-5));
    return number % 2 === 0 && number < 6000;
  });
  assert.equal(found.length, expected.length);
  assert.ok(found.every((one, i) => compareBytes(one, expected[i]!) === 0));
  const all = [...catalogue.items(unit)].map((item) => item.key);
  assert.equal([...catalogue.itemsOf(unit, all)].length, 3000);
  state.close();
});

test('a file of another version is refused, and left as it was', () => {
  const path = join(directory, 'other.db');
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE chain (destination TEXT); PRAGMA user_version = 1;');
  other.close();
  assert.throws(() => openState(path), { code: 'ERR_STATE', message: /another version .*move it away/ });
  const again = new DatabaseSync(path);
  assert.equal(again.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!.n, 1);
  again.close();
});
