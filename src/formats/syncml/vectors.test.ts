import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex, toHex } from '../../lib/bytes.ts';
import { type Document, type DocumentEncoding, decodeDocument, encodeDocument } from './index.ts';

// The example of docs/format/document.md. The bytes are the format: they change only with a version of it.
const vectors = new URL('../../../test/vectors/syncml/document/', import.meta.url);
const json = JSON.parse(readFileSync(new URL('document.json', vectors), 'utf8'));
const document: Document = {
  set: fromHex(json.set),
  database: fromHex(json.database),
  stream: json.stream,
  id: fromHex(json.id),
  salt: fromHex(json.salt),
  target: json.target,
  source: json.source,
  message: json.message,
  frames: json.frames.map(fromHex),
};
const files: Record<DocumentEncoding, string> = {
  wbxml: 'document.wbxml',
  'syncml-xml': 'document.syncml.xml',
  xml: 'document.xml',
};

for (const encoding of ['wbxml', 'syncml-xml', 'xml'] as const) {
  const bytes = new Uint8Array(readFileSync(new URL(files[encoding], vectors)));

  test(`${files[encoding]}: is what is written`, () => {
    assert.deepEqual(encodeDocument(document, encoding), { bytes, offsets: json.offsets[encoding] });
  });

  test(`${files[encoding]}: is read as what it holds`, () => {
    const decoded = decodeDocument(bytes);
    const frames = decoded.frames.map((frame) => frame.slice());
    assert.deepEqual({ ...decoded, frames }, { ...document, encoding, offsets: json.offsets[encoding] });
  });
}

test('the hex of the specification is the vector', () => {
  const text = readFileSync(new URL('../../../docs/format/document.md', import.meta.url), 'utf8');
  const walk = /<!-- document\.wbxml -->\n```text\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const hex = walk
    .replace(/^(?:[0-9]{4} {2})?((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2}.*)?$/gm, '$1')
    .replace(/\s/g, '');
  assert.equal(hex, toHex(new Uint8Array(readFileSync(new URL('document.wbxml', vectors)))));
});
