import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromUtf8 } from '../../lib/bytes.ts';
import { decodeWbxml } from '../wbxml/index.ts';
import {
  type Document,
  type DocumentEncoding,
  decodeDocument,
  decodeStoredFrame,
  encodeDocument,
  encodeDocumentParts,
  MAX_DOCUMENT_FRAME,
  storedFrameLength,
} from './index.ts';

const encodings: readonly DocumentEncoding[] = ['wbxml', 'syncml-xml', 'xml'];

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = fc
  .string({ unit: fc.oneof(fc.constantFrom('&', '<', '>', '"', "'", ' ', ']'), fc.string({ maxLength: 1 })) })
  .filter((text) => text !== '' && !/[\p{Cc}\p{Cs}\ufffe\uffff]/u.test(text));
const documents: fc.Arbitrary<Document> = fc.record(
  {
    set: bytes(16),
    database: bytes(16),
    stream: fc.constantFrom('data' as const, 'index' as const),
    id: bytes(8),
    salt: bytes(16),
    target: address,
    source: address,
    message: fc.integer({ min: 1, max: 0xffff_ffff }),
    frames: fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 20 }),
  },
  { requiredKeys: ['set', 'database', 'stream', 'id', 'salt', 'target', 'source', 'frames'] },
);

const sample: Document = {
  set: new Uint8Array(16).fill(1),
  database: new Uint8Array(16).fill(2),
  stream: 'data',
  id: new Uint8Array(8).fill(3),
  salt: new Uint8Array(16).fill(4),
  target: 'https://area.example/areas/x',
  source: 'device',
  frames: [new Uint8Array(100).fill(5), new Uint8Array(300).fill(6)],
};

for (const encoding of encodings) {
  test(`${encoding}: a document comes back as it was, and its bytes too`, () => {
    fc.assert(
      fc.property(documents, (document) => {
        const encoded = encodeDocument(document, encoding);
        const decoded = decodeDocument(encoded.bytes);
        const { offsets, encoding: found, ...rest } = decoded;
        assert.equal(found, encoding);
        assert.deepEqual(offsets, encoded.offsets);
        assert.deepEqual(rest, { message: 1, ...document });
        assert.deepEqual(encodeDocument(decoded, encoding).bytes, encoded.bytes);
      }),
    );
  });

  test(`${encoding}: a range at an offset is the frame`, () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { bytes, offsets } = encodeDocument(document, encoding);
        document.frames.forEach((frame, i) => {
          const stored = storedFrameLength(encoding, frame.length);
          const range = bytes.subarray(offsets[i], offsets[i]! + stored);
          assert.deepEqual(decodeStoredFrame(encoding, range).slice(), frame);
        });
      }),
    );
  });
}

test('parts are the document, and its frames are not copied', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const { bytes, offsets } = encodeDocument(document, 'wbxml');
      const inParts = encodeDocumentParts(document);
      assert.deepEqual(concat(...inParts.parts), bytes);
      assert.deepEqual(inParts.offsets, offsets);
      assert.equal(inParts.size, bytes.length);
      for (const frame of document.frames) assert.ok(inParts.parts.includes(frame));
    }),
  );
});

test('frames of a decoded WBXML document are views of it', () => {
  const { bytes } = encodeDocument(sample, 'wbxml');
  for (const frame of decodeDocument(bytes).frames) assert.equal(frame.buffer, bytes.buffer);
});

test('a document within a larger buffer has its own offsets', () => {
  const { bytes, offsets } = encodeDocument(sample, 'wbxml');
  const decoded = decodeDocument(concat(new Uint8Array(77), bytes).subarray(77));
  assert.deepEqual(decoded.offsets, offsets);
});

test('a WBXML document is a SyncML message to a reader that knows nothing of documents', () => {
  const { header, root } = decodeWbxml(encodeDocument(sample, 'wbxml').bytes);
  assert.equal(header.vocabulary.formalId, '-//SYNCML//DTD SyncML 1.2//EN');
  const names = root.children.map((node) => (node.kind === 'element' ? node.tag.name : node.kind));
  assert.deepEqual([root.tag.name, ...names], ['SyncML', 'SyncHdr', 'SyncBody']);
});

test('white space between elements of the XML encodings is passed over', () => {
  for (const encoding of ['syncml-xml', 'xml'] as const) {
    const xml = fromUtf8(encodeDocument(sample, encoding).bytes).replaceAll('><', '>\n  <');
    const { frames } = decodeDocument(new TextEncoder().encode(`${xml}\n`));
    assert.deepEqual(frames, sample.frames);
  }
});

test('the overhead of WBXML is small', () => {
  const frames = Array.from({ length: 128 }, () => new Uint8Array(65_000));
  const { size } = encodeDocumentParts({ ...sample, frames });
  assert.ok(size - 128 * 65_000 < 400 + 128 * 20);
});

const unfit: readonly [what: string, change: Partial<Document>][] = [
  ['a short set', { set: new Uint8Array(15) }],
  ['a long database', { database: new Uint8Array(17) }],
  ['no id', { id: new Uint8Array(0) }],
  ['a short salt', { salt: new Uint8Array(12) }],
  ['an unknown stream', { stream: 'other' as 'data' }],
  ['an empty target', { target: '' }],
  ['a long target', { target: 'x'.repeat(4097) }],
  ['a target that is long in UTF-8', { target: 'ü'.repeat(2049) }],
  ['a NUL in the source', { source: 'a\0' }],
  ['a line end in the source', { source: 'a\n' }],
  ['half a surrogate pair', { source: '\ud800' }],
  ['message 0', { message: 0 }],
  ['message 1.5', { message: 1.5 }],
  ['no frames', { frames: [] }],
  ['a frame too long', { frames: [new Uint8Array(MAX_DOCUMENT_FRAME + 1)] }],
  ['too many bytes', { frames: new Array(130).fill(new Uint8Array(MAX_DOCUMENT_FRAME)) }],
];
for (const [what, change] of unfit)
  test(`not written: ${what}`, () => {
    for (const encoding of encodings)
      assert.throws(() => encodeDocument({ ...sample, ...change }, encoding), { code: 'ERR_DOCUMENT_VALUE' });
  });

test('the longest target is read again', () => {
  for (const encoding of encodings) {
    const target = '&'.repeat(4096);
    assert.equal(decodeDocument(encodeDocument({ ...sample, target }, encoding).bytes).target, target);
  }
});
