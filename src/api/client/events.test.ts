import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../lib/bytes.ts';
import { parseEvents, type ServerEvent } from './events.ts';

async function parse(bytes: Uint8Array, pieces: number): Promise<ServerEvent[]> {
  async function* cut() {
    for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces);
  }
  const found: ServerEvent[] = [];
  for await (const event of parseEvents(cut())) if (event !== undefined) found.push(event);
  return found;
}

test('events are the same however the bytes are cut and lines end', async () => {
  const text = [
    'retry: 2000\n\n:\n\nevent: message\nid: 7\nspread: 300\ndata: 7\n\n',
    ': a comment\nid:8\ndata:a\ndata: b\ndata\n\n',
    'data: ü€\nunknown: x\n\nevent: alone\n\ndata: cut short',
  ].join('');
  const expected = [
    { event: 'message', data: '7', id: '7', spread: '300' },
    { event: 'message', data: 'a\nb\n', id: '8', spread: undefined },
    { event: 'message', data: 'ü€', id: undefined, spread: undefined },
  ];
  for (const ending of ['\n', '\r\n', '\r']) {
    const bytes = utf8(text.replaceAll('\n', ending));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length }), async (pieces) => {
        assert.deepEqual(await parse(bytes, pieces), expected);
      }),
      { numRuns: 30, examples: [[1], [2], [3]] },
    );
  }
});

test('a line without end is refused before it fills the memory', async () => {
  await assert.rejects(parse(new Uint8Array(200_000).fill(0x61), 1000), RangeError);
});

test('an event without end is refused before it fills the memory', async () => {
  for (const line of ['data: 0123456789\n', 'data\n']) {
    await assert.rejects(parse(utf8(line.repeat(70_000)), 1000), RangeError);
  }
});

test('any bytes are read without harm', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 50 }),
      async (bytes, pieces) => {
        for (const { data } of await parse(bytes, pieces)) assert.equal(typeof data, 'string');
      },
    ),
    { numRuns: 100 },
  );
});
