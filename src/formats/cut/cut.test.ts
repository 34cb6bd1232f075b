import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { concat, fromUtf8, utf8 } from '../../lib/bytes.ts';
import { type Cut, LineCutter, type LineJudge, type Verdict } from './index.ts';

/** Lines that begin with `[` begin a part, with `]` end it, with `-` are gaps. */
class Brackets implements LineJudge {
  readonly heads: string[] = [];
  #parts = 0;

  judge(head: Uint8Array): Verdict {
    const text = fromUtf8(head);
    this.heads.push(text);
    const verdicts: Record<string, Verdict> = { '[': 'begin', ']': 'last', '-': 'gap' };
    return verdicts[text[0] ?? ''] ?? 'inside';
  }

  facts() {
    return { title: `${++this.#parts}`, time: 0 };
  }

  damage(open: boolean): string | undefined {
    return open ? 'open' : undefined;
  }
}

function run(bytes: Uint8Array, step: number, loneCr = true) {
  const judge = new Brackets();
  const cutter = new LineCutter(judge, loneCr);
  const pieces: [string, string][] = [];
  const take = (cuts: readonly Cut[]): void => {
    for (const cut of cuts) {
      const last = pieces.at(-1);
      if (cut.kind === 'end') pieces.push(['end', cut.facts!.title]);
      else if (last?.[0] === cut.kind) last[1] += fromUtf8(cut.bytes);
      else pieces.push([cut.kind, fromUtf8(cut.bytes)]);
    }
  };
  const buffer = new Uint8Array(step);
  for (let at = 0; at < bytes.length; at += step) {
    const chunk = bytes.subarray(at, at + step);
    buffer.set(chunk);
    take(cutter.push(buffer.subarray(0, chunk.length)));
    buffer.fill(0x5b);
  }
  take(cutter.end());
  return { pieces, heads: judge.heads, damage: cutter.damage };
}

test('parts, gaps and damage', () => {
  const { pieces, damage } = run(utf8('x\n[a\nb\r]\r\n-\n[c\n[d\n]'), 100);
  assert.deepEqual(pieces, [
    ['gap', 'x\n'],
    ['part', '[a\nb\r]\r\n'],
    ['end', '1'],
    ['gap', '-\n'],
    ['part', '[c\n'],
    ['end', '2'],
    ['part', '[d\n]'],
    ['end', '3'],
  ]);
  assert.equal(damage, undefined);
  assert.equal(run(utf8('[a\n'), 1).damage, 'open');
});

test('it does not matter how the bytes arrive, and all of them come out', () => {
  const text = fc.oneof(fc.constantFrom('', '[a', ']', '-', 'b', ' '), fc.constantFrom('[', 'x'.repeat(20)));
  const lines = fc.array(fc.tuple(text, fc.constantFrom('\n', '\r\n', '\r', '\r\r', '')), { maxLength: 30 });
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 7 }), fc.boolean(), (lines, step, loneCr) => {
      const bytes = utf8(lines.map(([text, end]) => text + end).join(''));
      const whole = run(bytes, bytes.length || 1, loneCr);
      assert.deepEqual(run(bytes, step, loneCr), whole);
      const given = whole.pieces.filter(([kind]) => kind !== 'end').map(([, text]) => text);
      assert.equal(given.join(''), fromUtf8(bytes));
    }),
    { numRuns: 500 },
  );
});

test('of a long line only the beginning is held and looked at', () => {
  const long = `[${'a'.repeat(50_000)}`;
  const bytes = concat(utf8(long), utf8('\r]\n'), utf8(`-${'b'.repeat(9000)}\r\n`));
  for (const step of [1000, 8192, 8193, 60_000]) {
    const { pieces, heads } = run(bytes, step);
    assert.deepEqual(
      heads.map((head) => head.length),
      [8192, 1, 8192],
    );
    assert.deepEqual(
      pieces.map(([kind, text]) => [kind, text.length]),
      [
        ['part', long.length + 3],
        ['end', 1],
        ['gap', 9003],
      ],
    );
  }
});
