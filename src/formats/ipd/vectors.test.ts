import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { concat, toHex } from '../../lib/bytes.ts';
import { encodeIpd, type IpdEvent, type IpdPart, IpdReader } from './index.ts';

const vectors = new URL('../../../test/vectors/ipd/', import.meta.url).pathname;
const names = globSync('*.ipd', { cwd: vectors }).map((file) => file.slice(0, -4));
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(`${vectors}${name}.ipd`));

/** All parts, fed by chunks of `size`, each in memory that is filled anew for the next. */
function parts(bytes: Uint8Array, size = bytes.length || 1): IpdEvent[] {
  const reader = new IpdReader();
  const found: IpdEvent[] = [];
  const chunk = new Uint8Array(size);
  const keep = (events: readonly IpdEvent[]): void => {
    for (const event of events) found.push(structuredClone(event));
  };
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    chunk.fill(0xee);
    chunk.set(part);
    keep(reader.push(chunk.subarray(0, part.length)));
  }
  keep(reader.end());
  return joinRest(found);
}

function joinRest(events: readonly IpdEvent[]): IpdEvent[] {
  const joined: IpdEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (event.kind === 'rest' && last?.kind === 'rest')
      joined[joined.length - 1] = { ...last, bytes: concat(last.bytes, event.bytes) };
    else joined.push(event);
  }
  return joined;
}

function shown(part: IpdPart): object {
  switch (part.kind) {
    case 'header':
      return { kind: part.kind, names: part.names.map(toHex) };
    case 'record': {
      const { kind, database, version, handle, uniqueId } = part;
      const fields = part.fields.map(({ type, data }) => [type, toHex(data)]);
      return { kind, database, version, handle, uniqueId, fields, tail: toHex(part.tail) };
    }
    case 'opaque':
      return { kind: part.kind, database: part.database, body: toHex(part.body) };
    case 'rest':
      return { kind: part.kind, reason: part.reason, bytes: toHex(part.bytes) };
  }
}

test('there are vectors of both kinds', () => {
  assert.ok(names.length > 18);
  assert.ok(names.some((name) => name.startsWith('refused-')));
});

for (const name of names) {
  const bytes = read(name);
  const expected: object[] | { refused: string } = JSON.parse(readFileSync(`${vectors}${name}.json`, 'utf8'));
  if (!Array.isArray(expected)) {
    test(`${name}: is refused, also byte by byte`, () => {
      for (const size of [bytes.length || 1, 1])
        assert.throws(() => parts(bytes, size), { name: 'IpdError', code: expected.refused });
    });
    continue;
  }

  test(`${name}: its parts are found, also byte by byte, at their places`, () => {
    for (const size of [bytes.length, 1, 2, 7, 64]) {
      const found = parts(bytes, size);
      assert.deepEqual(found.map(shown), expected);
      let at = 0;
      for (const part of found) {
        assert.equal(part.offset, at);
        at += encodeIpd(part).length;
      }
    }
  });

  test(`${name}: written again it is the same bytes`, () => {
    assert.deepEqual(concat(...parts(bytes).map(encodeIpd)), bytes);
  });

  test(`${name}: cut at any byte, it is refused or kept`, () => {
    const header = encodeIpd(parts(bytes)[0]!).length;
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      if (length < header) assert.throws(() => parts(cut), { code: 'ERR_IPD_TRUNCATED' });
      else assert.deepEqual(concat(...parts(cut).map(encodeIpd)), cut);
    }
  });
}
