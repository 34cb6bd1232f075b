import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { concat, fromUtf8, utf8 } from '../../lib/bytes.ts';
import { type Piece, Splitter, VObjectError } from './index.ts';

interface Cut {
  readonly kind: Piece['kind'];
  readonly offset: number;
  readonly text: string;
  readonly ended: boolean;
}

function cut(bytes: Uint8Array, step = bytes.length || 1, limit?: number): Cut[] {
  const splitter = new Splitter('VCARD', limit);
  const found: Cut[] = [];
  const take = (pieces: readonly Piece[]): void => {
    for (const piece of pieces) {
      const ended = piece.kind === 'component' && piece.ended;
      found.push({ kind: piece.kind, offset: piece.offset, text: fromUtf8(piece.bytes), ended });
    }
  };
  // One buffer, filled anew each time, as a source does.
  const buffer = new Uint8Array(step);
  for (let at = 0; at < bytes.length; at += step) {
    const part = bytes.subarray(at, at + step);
    buffer.set(part);
    take(splitter.push(buffer.subarray(0, part.length)));
    buffer.fill(0x58);
  }
  take(splitter.end());
  return found;
}

const texts = (text: string): string[] => cut(utf8(text)).map((piece) => piece.text);

test('cards are cut out as they are, whatever ends their lines', () => {
  for (const eol of ['\r\n', '\n', '\r']) {
    const a = `BEGIN:VCARD${eol}FN:A${eol}END:VCARD${eol}`;
    const b = `begin:vCard ${eol}FN:B${eol}end : vcard${eol}`;
    assert.deepEqual(texts(a + b), [a, b]);
    assert.deepEqual(texts(`\ufeff${a}${eol}# comment${eol}\ufeff${b}`), [a, b], 'marks and junk between');
    assert.deepEqual(texts(a + b.trimEnd()), [a, b.trimEnd()], 'no line end at the end');
  }
});

test('what only looks like an end is none', () => {
  const folded = 'BEGIN:VCARD\r\nNOTE:x\r\n END:VCARD\r\n\tEND:VCARD\r\nEND:VCARD\r\n';
  const soft = 'BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:x=\nEND:VCARD\nFN:A\nEND:VCARD\n';
  const bare = 'BEGIN:VCARD\nNOTE;QUOTED-PRINTABLE:x=\n=\nBEGIN:VCARD\nEND:VCARD\n';
  for (const card of [folded, soft, bare]) assert.deepEqual(texts(card + folded), [card, folded]);
});

test('a soft line break that nothing follows does not swallow the end', () => {
  const card = 'BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:x=\nEND:VCARD\n';
  const next = 'BEGIN:VCARD\nFN:A\nEND:VCARD\n';
  assert.deepEqual(texts(card + next), [card, next]);
  assert.deepEqual(texts(card), [card]);
  assert.deepEqual(texts(`${card}\n${next}`), [card, next]);
});

test('base64 that ends in = is no soft line break', () => {
  const card = 'BEGIN:VCARD\nPHOTO;ENCODING=b:AAA=\nEND:VCARD\n';
  assert.deepEqual(texts(card + card), [card, card]);
});

test('a card inside a card stays inside', () => {
  const agent = 'BEGIN:VCARD\r\nAGENT:\r\nBEGIN:VCARD\r\nFN:In\r\nEND:VCARD\r\nFN:Out\r\nEND:VCARD\r\n';
  const uri = 'BEGIN:VCARD\r\nAGENT;VALUE=uri:\r\n CID:x\r\nEND:VCARD\r\n';
  assert.deepEqual(texts(agent + uri + agent), [agent, uri, agent]);
});

test('a card without an end goes to the next one, and says so', () => {
  const broken = 'BEGIN:VCARD\nFN:A\n\n';
  const whole = 'BEGIN:VCARD\nFN:B\nEND:VCARD\n';
  const found = cut(utf8(broken + whole + broken));
  assert.deepEqual(
    found.map((piece) => [piece.text, piece.ended]),
    [
      [broken, false],
      [whole, true],
      [broken, false],
    ],
  );
});

test('a card over the limit is reported, not held, and the next one is found', () => {
  const big = `BEGIN:VCARD\nUID:big\nPHOTO:${'A'.repeat(9000)}\nNOTE:${'B'.repeat(9000)}\nEND:VCARD\n`;
  const small = 'BEGIN:VCARD\nFN:B\nEND:VCARD\n';
  for (const step of [100, 5000]) {
    const found = cut(utf8(big + small), step, 8000);
    assert.deepEqual(
      found.map((piece) => piece.kind),
      ['overlong', 'component'],
      `${step}`,
    );
    assert.match(found[0]!.text, /^BEGIN:VCARD\nUID:big/);
    assert.equal(found[1]!.text, small);
    assert.equal(found[1]!.offset, big.length);
  }
});

test('UTF-16 is refused', () => {
  for (const hex of ['fffe42004500', 'feff00420045', '420045004700', '004200450047']) {
    assert.throws(() => cut(Uint8Array.fromHex(hex)), VObjectError);
  }
});

const line = fc.constantFrom(
  'FN:Ä',
  'NOTE;ENCODING=QUOTED-PRINTABLE:a=',
  ' END:VCARD',
  '',
  'AGENT:',
  'BEGIN:VCARD',
  'END:VCARD',
  '=',
  'X',
);

test('cutting does not depend on how the bytes arrive, and offsets name them', () => {
  const stream = fc.array(fc.tuple(line, fc.constantFrom('\r\n', '\n', '\r')), { maxLength: 40 });
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 9 }), (lines, step) => {
      const bytes = concat(...lines.map(([text, eol]) => utf8(text + eol)));
      const whole = cut(bytes);
      assert.deepEqual(cut(bytes, step), whole);
      let last = 0;
      for (const piece of whole) {
        const length = utf8(piece.text).length;
        assert.ok(piece.offset >= last);
        assert.equal(fromUtf8(bytes.subarray(piece.offset, piece.offset + length)), piece.text);
        last = piece.offset + length;
      }
    }),
    { numRuns: 500 },
  );
});
