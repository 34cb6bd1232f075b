import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromHex, fromUtf8, toHex, utf8 } from '../../lib/bytes.ts';
import {
  type Document,
  type DocumentEncoding,
  DocumentError,
  decodeDocument,
  decodeStoredFrame,
  encodeDocument,
} from './index.ts';

const encodings: readonly DocumentEncoding[] = ['wbxml', 'syncml-xml', 'xml'];

const sample: Document = {
  set: new Uint8Array(16).fill(0xa1),
  database: new Uint8Array(16).fill(0xb2),
  stream: 'index',
  id: new Uint8Array(8).fill(0xc3),
  salt: new Uint8Array(16).fill(0xd4),
  target: 'target',
  source: 'source',
  frames: [utf8('first frame'), utf8('second')],
};

for (const encoding of encodings) {
  const { bytes } = encodeDocument(sample, encoding);

  test(`${encoding}: cut at any byte, it is refused`, () => {
    for (let length = 0; length < bytes.length; length++)
      assert.throws(
        () => decodeDocument(bytes.subarray(0, length)),
        { code: 'ERR_DOCUMENT_MALFORMED' },
        `${length}`,
      );
  });

  test(`${encoding}: bytes behind the end are refused`, () => {
    for (const more of ['\0', 'x', '<a/>'])
      assert.throws(() => decodeDocument(concat(bytes, utf8(more))), { code: 'ERR_DOCUMENT_MALFORMED' });
  });

  test(`${encoding}: flipped, dropped or doubled bytes give a document or a coded error`, () => {
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom('flip', 'drop', 'double'),
      fc.integer({ min: 1, max: 255 }),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const altered = [...bytes];
        for (const [n, kind, mask] of changes) {
          const at = n % altered.length;
          if (kind === 'flip') altered[at]! ^= mask;
          else if (kind === 'drop') altered.splice(at, 1);
          else altered.splice(at, 0, altered[at]!);
        }
        try {
          decodeDocument(Uint8Array.from(altered));
        } catch (error) {
          if (!(error instanceof DocumentError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
}

test('any bytes give a document or a coded error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom('', '<', '\x02'), (bytes, first) => {
      assert.throws(() => decodeDocument(concat(utf8(first), bytes)), DocumentError);
    }),
  );
});

/** The WBXML document with one run of bytes replaced. */
function wbxml(from: string, to: string): Uint8Array {
  const hex = toHex(encodeDocument(sample, 'wbxml').bytes);
  assert.ok(hex.includes(from), `${from} is in the document`);
  return fromHex(hex.replace(from, to));
}
const text = (value: string): string => `03${toHex(utf8(value))}00`;

const alteredWbxml: readonly [what: string, bytes: () => Uint8Array, code: string][] = [
  ['SyncML 1.1', () => wbxml('02a4016a', '029f536a'), 'ERR_DOCUMENT_MALFORMED'],
  ['another protocol version', () => wbxml(text('1.2'), text('1.1')), 'ERR_DOCUMENT_MALFORMED'],
  ['message number 01', () => wbxml(`5b${text('1')}`, `5b${text('01')}`), 'ERR_DOCUMENT_MALFORMED'],
  ['message number 2^32', () => wbxml(`5b${text('1')}`, `5b${text('4294967296')}`), 'ERR_DOCUMENT_MALFORMED'],
  ['an empty target', () => wbxml(text('target'), text('')), 'ERR_DOCUMENT_MALFORMED'],
  ['a line end in the target', () => wbxml(text('target'), text('tar\nget')), 'ERR_DOCUMENT_MALFORMED'],
  ['a target of 5000 bytes', () => wbxml(text('target'), text('x'.repeat(5000))), 'ERR_DOCUMENT_LIMIT'],
  ['a format of 65 bytes', () => wbxml(text('bin'), text('x'.repeat(65))), 'ERR_DOCUMENT_LIMIT'],
  ['another format', () => wbxml(text('bin'), text('b64')), 'ERR_DOCUMENT_MALFORMED'],
  ['another stream', () => wbxml(text('stream=index'), text('stream=other')), 'ERR_DOCUMENT_MALFORMED'],
  ['no stream', () => wbxml(`46${text('stream=index')}01`, ''), 'ERR_DOCUMENT_MALFORMED'],
  [
    'an id that is too short',
    () => wbxml(text('segment=w8PDw8PDw8M'), text('segment=w8PD')),
    'ERR_DOCUMENT_MALFORMED',
  ],
  [
    'base64url with spare bits',
    () => wbxml(toHex(utf8('w8PDw8PDw8M')), toHex(utf8('w8PDw8PDw8N'))),
    'ERR_DOCUMENT_MALFORMED',
  ],
  ['frame 0 numbered 1', () => wbxml(`57${text('0')}`, `57${text('1')}`), 'ERR_DOCUMENT_MALFORMED'],
  ['frame 1 numbered 2', () => wbxml(`57${text('1')}`, `57${text('2')}`), 'ERR_DOCUMENT_MALFORMED'],
  ['a frame as text', () => wbxml(`c306${toHex(utf8('second'))}`, text('second')), 'ERR_DOCUMENT_MALFORMED'],
  ['two frames in one item', () => wbxml('c306', 'c30141c306'), 'ERR_DOCUMENT_MALFORMED'],
  ['a frame of 4 GiB', () => wbxml('c306', 'c38fffffff7f'), 'ERR_DOCUMENT_LIMIT'],
  ['a frame beyond the end', () => wbxml('c306', 'c37f'), 'ERR_DOCUMENT_MALFORMED'],
  ['no Final', () => wbxml('120101', '0101'), 'ERR_DOCUMENT_MALFORMED'],
  ['content in Final', () => wbxml('120101', '520378000101'), 'ERR_DOCUMENT_MALFORMED'],
  ['a second command', () => wbxml('120101', '45010112'), 'ERR_DOCUMENT_MALFORMED'],
  ['deep nesting', () => wbxml('120101', '45'.repeat(5000)), 'ERR_DOCUMENT_MALFORMED'],
];
for (const [what, bytes, code] of alteredWbxml)
  test(`refused in WBXML: ${what}`, () => {
    assert.throws(() => decodeDocument(bytes()), { code });
  });

test('refused in WBXML: a Sync for another database than its Add', () => {
  const own = text('./srKysrKysrKysrKysrKysg');
  assert.throws(() => decodeDocument(wbxml(own, text('./srKysrKysrKysrKysrKysw'))), {
    code: 'ERR_DOCUMENT_MALFORMED',
  });
});

test('refused in WBXML: no frames', () => {
  const { bytes, offsets } = encodeDocument({ ...sample, frames: [utf8('x')] }, 'wbxml');
  const item = bytes.subarray(0, offsets[0]).lastIndexOf(0x54);
  const without = concat(bytes.subarray(0, item), bytes.subarray(offsets[0]! + 3));
  assert.throws(() => decodeDocument(without), { code: 'ERR_DOCUMENT_MALFORMED' });
});

const frame = 'Zmlyc3QgZnJhbWU=';
const alteredXml: readonly [what: string, from: string, to: string][] = [
  ['a document type', '?>', '?><!DOCTYPE document SYSTEM "file:///etc/hostname">'],
  ['another namespace', ':1', ':9'],
  ['base64 without padding', frame, frame.slice(0, -1)],
  ['base64 with white space', frame, `${frame.slice(0, 4)}\n${frame.slice(4)}`],
  ['base64 with spare bits', frame, 'Zmlyc3QgZnJhbWV='],
  ['base64url', frame, 'Zmlyc3Qg_nJhbWU='],
  ['something else than base64', frame, '....'],
  ['an element in a frame', frame, '<x/>'],
  ['white space in an id', 'w8PDw8PDw8M', ' w8PDw8PDw8M'],
  ['two texts in one element', 'w8PDw8PDw8M', 'w8PDw8P<![CDATA[Dw8M]]>'],
];
for (const encoding of ['syncml-xml', 'xml'] as const)
  for (const [what, from, to] of alteredXml)
    test(`refused in ${encoding}: ${what}`, () => {
      const xml = fromUtf8(encodeDocument(sample, encoding).bytes);
      const place = from === ':1' && encoding === 'syncml-xml' ? '1.2"' : from;
      assert.ok(xml.includes(place));
      const altered = utf8(xml.replace(place, () => (place === '1.2"' ? '1.1"' : to)));
      assert.throws(() => decodeDocument(altered), { code: 'ERR_DOCUMENT_MALFORMED' });
    });

test('XML that is no document is refused', () => {
  for (const xml of ['<a/>', '<SyncML/>', '<document/>', '<document xmlns="holdfast:document:1"/>', '<'])
    assert.throws(() => decodeDocument(utf8(xml)), { code: 'ERR_DOCUMENT_MALFORMED' });
});

test('a range that is not the one spelling of a frame is refused', () => {
  for (const stored of ['Zg', 'Zg=', 'Zh==', 'Z g==', 'Zg==\n', '=', '\xff\xff\xff\xff'])
    assert.throws(() => decodeStoredFrame('xml', utf8(stored)), { code: 'ERR_DOCUMENT_MALFORMED' }, stored);
  assert.equal(fromUtf8(decodeStoredFrame('syncml-xml', utf8('Zg=='))), 'f');
});
