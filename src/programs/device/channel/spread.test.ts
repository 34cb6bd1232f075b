import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8, utf8 } from '../../../lib/bytes.ts';
import { Spreads } from './spread.ts';

/** Reads a stream in pieces of so many bytes, as a client does. */
async function read(text: string, size = 1000): Promise<{ spreads: Spreads; read: string }> {
  const bytes = utf8(text);
  async function* body() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const spreads = new Spreads();
  const fetch = spreads.along(async () => ({
    ...{ ok: true, status: 200, headers: { get: () => null } },
    body: body(),
  }));
  const answer = await fetch('http://server', { method: 'GET', headers: {}, signal: AbortSignal.any([]) });
  let all = '';
  for await (const piece of answer.body!) all += fromUtf8(piece);
  return { spreads, read: all };
}

test('each event has its own, wherever it is cut, and what is read stays as it was', async () => {
  const text =
    'retry: 2000\n\n:\n\nevent: message\nid: 7\nspread: 20000\ndata: 7\n\nevent: message\nid: 8\ndata: 8\n\n' +
    'event: message\nid: 9\nspread: 300\ndata: 9\n\n';
  for (const size of [1, 2, 7, 1000]) {
    const { spreads, read: all } = await read(text, size);
    assert.equal(all, text);
    assert.deepEqual(
      [7, 8, 9, 9].map((seq) => spreads.of(seq)),
      [20_000, 0, 300, 0],
    );
  }
});

test('what makes no sense is none, and nothing fills the memory', async () => {
  for (const spread of ['-1', '1.5', 'soon', '60001', '1e3', '9'.repeat(100)]) {
    const { spreads } = await read(`spread: ${spread}\ndata: 7\n\n`);
    assert.equal(spreads.of(7), 0, spread);
  }
  const many = Array.from({ length: 1000 }, (_, seq) => `spread: 5\ndata: ${seq}\n\n`).join('');
  const { spreads } = await read(`${'x'.repeat(100_000)}\n${many}`);
  assert.deepEqual([spreads.of(0), spreads.of(999)], [0, 5]);
});
