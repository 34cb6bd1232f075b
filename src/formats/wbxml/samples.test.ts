import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { utf8 } from '../../lib/bytes.ts';
import { decodeWbxml, encodeWbxml, type WbxmlElement, type WbxmlNode, WbxmlReader } from './index.ts';

// Captured messages of the stock SyncEvolution client and server; the .decoded.xml beside each is libwbxml's.
const vectors = new URL('../../../test/vectors/syncml/', import.meta.url).pathname;
const samples = globSync('[0-9]*/*.wbxml', { cwd: vectors }).sort();
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(vectors + name));

/** The tree as wbxml2xml of libwbxml 0.11 prints it. */
function print(node: WbxmlNode, page: number): string {
  if (node.kind === 'text') return node.text.replace(/-devinf\+wbxml$/, '-devinf+xml');
  if (node.kind === 'opaque') return printOpaque(node.bytes);
  const { tag, children } = node;
  const start = tag.page === page ? tag.name : `${tag.name} xmlns="${tag.namespace}"`;
  if (children.length === 0) return `<${start}/>\n`;
  const nested = children[0]!.kind === 'element';
  const inner = children.map((child) => print(child, tag.page)).join('');
  return `<${start}>${nested ? '\n' : ''}${inner}</${tag.name}>\n`;
}

function printOpaque(bytes: Uint8Array): string {
  // A DevInf document within the message.
  if (bytes[0] === 2 && bytes[3] === 0x6a) return print(decodeWbxml(bytes).root, -1);
  return `<![CDATA[${new TextDecoder().decode(bytes)}]]>`;
}

const body = (xml: string): string => xml.replace(/^<\?xml[^>]*>\s*<!DOCTYPE[^>]*>\s*/, '');

test('there are samples of SyncML 1.1 and 1.2', () => {
  const ids = new Set(samples.map((name) => decodeWbxml(read(name)).header.vocabulary.formalId));
  assert.deepEqual([...ids].sort(), ['-//SYNCML//DTD SyncML 1.1//EN', '-//SYNCML//DTD SyncML 1.2//EN']);
});

for (const name of samples) {
  test(`${name}: is what libwbxml reads, and encodes to the same bytes`, () => {
    const bytes = read(name);
    const document = decodeWbxml(bytes);
    const expected = readFileSync(vectors + name.replace('.wbxml', '.decoded.xml'), 'utf8');
    assert.equal(print(document.root, -1), body(expected));
    assert.deepEqual(encodeWbxml(document), bytes);
  });

  test(`${name}: opaque data is a view at its offset, and nested documents encode to the same bytes`, () => {
    const bytes = read(name);
    const visit = (element: WbxmlElement): void => {
      for (const child of element.children) {
        if (child.kind === 'element') visit(child);
        if (child.kind !== 'opaque') continue;
        assert.equal(child.bytes.buffer, bytes.buffer);
        assert.equal(child.bytes.byteOffset - bytes.byteOffset, child.offset);
        if (element.tag.name === 'Data' && child.bytes[0] === 2)
          assert.deepEqual(encodeWbxml(decodeWbxml(child.bytes)), child.bytes.slice());
      }
    };
    visit(decodeWbxml(bytes).root);
  });

  test(`${name}: cut at any byte, it is refused`, () => {
    const bytes = read(name);
    for (let length = 0; length < bytes.length; length++)
      assert.throws(
        () => readAll(bytes.subarray(0, length)),
        { code: 'ERR_WBXML_TRUNCATED' },
        `cut at ${length}`,
      );
  });
}

for (const version of ['1.1', '1.3'])
  test(`WBXML ${version} with a string table, written by libwbxml, is the same message`, () => {
    const { header, root } = decodeWbxml(read(`string-table/005-client.${version}.wbxml`));
    const original = decodeWbxml(read('04-refresh-from-remote/005-client.wbxml'));
    assert.equal(`1.${header.version}`, version);
    assert.deepEqual(root, original.root);
  });

test('bytes behind the root are refused', () => {
  const bytes = read(samples[0]!);
  const more = new Uint8Array(bytes.length + 1);
  more.set(bytes);
  assert.throws(() => readAll(more), { code: 'ERR_WBXML_MALFORMED' });
});

test('a text that is not UTF-8 is refused', () => {
  const bytes = read(samples[0]!);
  bytes[bytes.indexOf(utf8('S')[0]!)] = 0xff;
  assert.throws(() => decodeWbxml(bytes), { code: 'ERR_WBXML_MALFORMED' });
});

function readAll(bytes: Uint8Array): void {
  const reader = new WbxmlReader(bytes);
  while (reader.kind !== 'end') reader.advance();
}
