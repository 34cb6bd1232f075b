import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromHex, utf8 } from '../../lib/bytes.ts';
import {
  decodeWbxml,
  defaultWbxmlTreeLimits,
  encodeWbxml,
  METINF,
  SYNCML12,
  syncml12,
  type Tag,
  tagNamed,
  vocabularies,
  type WbxmlElement,
  WbxmlError,
  type WbxmlHeader,
  type WbxmlNode,
} from './index.ts';

const header: WbxmlHeader = { version: 2, vocabulary: syncml12, naming: 'number' };
const sync = (name: string): Tag => tagNamed(syncml12, SYNCML12, name);
const hex = (text: string): Uint8Array => fromHex(text.replaceAll(' ', ''));

/** Header of SyncML 1.2, then `<SyncML>` with this content. */
const inRoot = (content: string): Uint8Array => hex(`02 a401 6a 00 6d ${content} 01`);

const tags = syncml12.pages.flat().filter((tag) => tag !== undefined);
const text = fc.string({ unit: 'binary', maxLength: 300 }).filter((s) => !s.includes('\0'));
const element = fc.letrec<{ element: WbxmlElement; node: WbxmlNode }>((tie) => ({
  element: fc.record({
    kind: fc.constant('element' as const),
    tag: fc.constantFrom(...tags),
    children: fc.array(tie('node'), { maxLength: 5, depthIdentifier: 'tree' }),
  }),
  node: fc.oneof(
    { depthIdentifier: 'tree', maxDepth: 6 },
    fc.record({ kind: fc.constant('text' as const), text }),
    fc.record({
      kind: fc.constant('opaque' as const),
      bytes: fc.uint8Array({ maxLength: 300 }),
      offset: fc.constant(0),
    }),
    tie('element'),
  ),
})).element;

/** Opaque values as hex and without their offsets, which the writer decides. */
const comparable = (node: WbxmlNode): unknown =>
  node.kind === 'element'
    ? [node.tag.name, node.tag.namespace, node.children.map(comparable)]
    : node.kind === 'text'
      ? node.text
      : { opaque: node.bytes.toHex() };

test('a tree comes back as it was, and its bytes too', () => {
  const naming = fc.constantFrom('number' as const, 'text' as const);
  const version = fc.constantFrom(1 as const, 2 as const, 3 as const);
  fc.assert(
    fc.property(element, naming, version, (root, naming, version) => {
      const bytes = encodeWbxml({ header: { version, vocabulary: syncml12, naming }, root });
      const decoded = decodeWbxml(bytes);
      assert.deepEqual(decoded.header, { version, vocabulary: syncml12, naming });
      assert.deepEqual(comparable(decoded.root), comparable(root));
      assert.deepEqual(encodeWbxml(decoded), bytes);
    }),
    { numRuns: 60 },
  );
});

test('any bytes give a tree or a coded error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, withHeader) => {
      decodes(withHeader ? concat(hex('02 a401 6a 00 6d'), bytes) : bytes);
    }),
    { numRuns: 500 },
  );
});

test('a tree with flipped bits gives a tree or a coded error', () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(element, flips, (root, flips) => {
      const bytes = encodeWbxml({ header, root });
      for (const [at, mask] of flips) bytes[at % bytes.length]! ^= mask;
      decodes(bytes);
    }),
    { numRuns: 200 },
  );
});

test('strings of the string table, page switches without need and long numbers are read', () => {
  // <SyncML>, SyncHdr; text "ab" from the table; pages 1, 0; OPAQUE with its length 2 in three bytes
  const bytes = concat(
    hex('03 a401 6a 05'),
    utf8('xab\0z'),
    hex('6d 83 01 0001 0000 4f c3 808002 4142 01 01'),
  );
  const { root } = decodeWbxml(bytes);
  assert.deepEqual(comparable(root), ['SyncML', SYNCML12, ['ab', ['Data', SYNCML12, [{ opaque: '4142' }]]]]);
});

test('a vocabulary is found by its text', () => {
  const name = utf8('-//SYNCML//DTD SyncML 1.0//EN\0');
  const bytes = concat(hex('02 00 00 6a'), Uint8Array.of(name.length), name, hex('2d'));
  const { header, root } = decodeWbxml(bytes);
  assert.equal(header.vocabulary.formalId, '-//SYNCML//DTD SyncML 1.0//EN');
  assert.equal(header.naming, 'text');
  assert.equal(root.tag.namespace, 'SYNCML:SYNCML1.0');
});

const hostile: readonly [what: string, bytes: Uint8Array, code: string][] = [
  ['nothing', hex(''), 'ERR_WBXML_TRUNCATED'],
  ['WBXML 1.0', hex('00 a401 6a 00 2d'), 'ERR_WBXML_UNSUPPORTED'],
  ['WBXML 1.4', hex('04 a401 6a 00 2d'), 'ERR_WBXML_UNSUPPORTED'],
  ['an unknown vocabulary', hex('02 04 6a 00 2d'), 'ERR_WBXML_UNSUPPORTED'],
  ['an unknown vocabulary by text', hex('02 00 00 6a 02 5800 2d'), 'ERR_WBXML_UNSUPPORTED'],
  ['a vocabulary beyond the table', hex('02 00 05 6a 02 5800 2d'), 'ERR_WBXML_MALFORMED'],
  ['another character set', hex('02 a401 04 00 2d'), 'ERR_WBXML_UNSUPPORTED'],
  ['a huge string table', hex('02 a401 6a 8fffffff7f 2d'), 'ERR_WBXML_LIMIT'],
  ['a string table beyond the end', hex('02 a401 6a 05 2d'), 'ERR_WBXML_TRUNCATED'],
  ['a number above 32 bits', hex('02 a401 6a 9fffffff7f 2d'), 'ERR_WBXML_MALFORMED'],
  ['a number that does not end', hex('02 a401 6a 808080808080 2d'), 'ERR_WBXML_MALFORMED'],
  ['no root', hex('02 a401 6a 00'), 'ERR_WBXML_TRUNCATED'],
  ['text as root', hex('02 a401 6a 00 03 4100'), 'ERR_WBXML_MALFORMED'],
  ['END as root', hex('02 a401 6a 00 01'), 'ERR_WBXML_MALFORMED'],
  ['two roots', hex('02 a401 6a 00 2d 2d'), 'ERR_WBXML_MALFORMED'],
  ['a missing END', hex('02 a401 6a 00 6d 54 01'), 'ERR_WBXML_TRUNCATED'],
  ['an END too many', inRoot('54 01 01'), 'ERR_WBXML_MALFORMED'],
  ['attributes', inRoot('94 01'), 'ERR_WBXML_UNSUPPORTED'],
  ['attributes and content', inRoot('d4 01 01'), 'ERR_WBXML_UNSUPPORTED'],
  ['LITERAL', inRoot('04 00'), 'ERR_WBXML_UNSUPPORTED'],
  ['LITERAL_C', inRoot('44 00 01'), 'ERR_WBXML_UNSUPPORTED'],
  ['LITERAL_A', inRoot('84 00 01'), 'ERR_WBXML_UNSUPPORTED'],
  ['LITERAL_AC', inRoot('c4 00 01 01'), 'ERR_WBXML_UNSUPPORTED'],
  ['ENTITY', inRoot('02 20'), 'ERR_WBXML_UNSUPPORTED'],
  ['PI', inRoot('43 01'), 'ERR_WBXML_UNSUPPORTED'],
  ['EXT_I_0', inRoot('40 4100'), 'ERR_WBXML_UNSUPPORTED'],
  ['EXT_T_1', inRoot('81 00'), 'ERR_WBXML_UNSUPPORTED'],
  ['EXT_2', inRoot('c2'), 'ERR_WBXML_UNSUPPORTED'],
  ['a reserved tag', inRoot('30'), 'ERR_WBXML_UNKNOWN_TAG'],
  ['an unknown tag', inRoot('3f'), 'ERR_WBXML_UNKNOWN_TAG'],
  ['an unknown page', inRoot('0002 05'), 'ERR_WBXML_UNKNOWN_TAG'],
  ['a string without end', hex('02 a401 6a 00 6d 03 414141'), 'ERR_WBXML_TRUNCATED'],
  ['a string beyond the table', inRoot('83 00'), 'ERR_WBXML_MALFORMED'],
  ['a table string without end', hex('02 a401 6a 02 4141 6d 83 00 01'), 'ERR_WBXML_TRUNCATED'],
  ['text that is not UTF-8', inRoot('03 c328 00'), 'ERR_WBXML_MALFORMED'],
  ['an opaque value beyond the end', inRoot('c3 7f 00'), 'ERR_WBXML_TRUNCATED'],
  ['an opaque value of 4 GiB', inRoot('c3 8fffffff7f'), 'ERR_WBXML_LIMIT'],
  ['a thousand elements within each other', inRoot('54'.repeat(1000)), 'ERR_WBXML_LIMIT'],
  ['a million elements', inRoot('14'.repeat(1_000_000)), 'ERR_WBXML_LIMIT'],
];
for (const [what, bytes, code] of hostile)
  test(`refused: ${what}`, () => {
    assert.throws(() => decodeWbxml(bytes), { code });
  });

test('a small message cannot grow without bound by repeating one long string of the table', () => {
  const table = new Uint8Array(4096).fill(0x41);
  table[4095] = 0;
  const bytes = concat(hex('02 a401 6a a000'), table, hex(`6d ${'83 00'.repeat(5000)} 01`));
  assert.throws(() => decodeWbxml(bytes), { code: 'ERR_WBXML_LIMIT' });
});

test('the limits are the caller’s', () => {
  const limits = { ...defaultWbxmlTreeLimits, depth: 2, text: 4, opaque: 2 };
  const decode = (content: string) => () => decodeWbxml(inRoot(content), vocabularies, limits);
  assert.doesNotThrow(decode('14 03 41414141 00 c3 02 4141'));
  assert.throws(decode('54 14 01'), { code: 'ERR_WBXML_LIMIT' });
  assert.throws(decode('03 4141414141 00'), { code: 'ERR_WBXML_LIMIT' });
  assert.throws(decode('c3 03 414141'), { code: 'ERR_WBXML_LIMIT' });
});

test('what has no WBXML form is not written', () => {
  const write = (...children: WbxmlNode[]) =>
    encodeWbxml({ header, root: { kind: 'element', tag: sync('SyncML'), children } });
  const foreign = vocabularies[1]!.pages[0]![0x14]!;
  assert.throws(() => write({ kind: 'text', text: 'a\0b' }), { code: 'ERR_WBXML_VALUE' });
  assert.throws(() => write({ kind: 'text', text: '\ud800' }), { code: 'ERR_WBXML_VALUE' });
  assert.throws(() => write({ kind: 'element', tag: foreign, children: [] }), { code: 'ERR_WBXML_VALUE' });
  assert.throws(() => tagNamed(syncml12, METINF, 'Item'), { code: 'ERR_WBXML_UNKNOWN_TAG' });
});

test('the tokens are those of the specifications', () => {
  const token = (namespace: string, name: string) => tagNamed(syncml12, namespace, name).token;
  assert.deepEqual(
    ['Add', 'Data', 'Item', 'LocURI', 'Replace', 'SyncML', 'VerDTD', 'MoreData', 'Correlator'].map((name) =>
      token(SYNCML12, name),
    ),
    [0x05, 0x0f, 0x14, 0x17, 0x20, 0x2d, 0x31, 0x34, 0x3c],
  );
  assert.deepEqual(
    ['Anchor', 'EMI', 'Format', 'NextNonce', 'Type', 'MaxObjSize', 'FieldLevel'].map((name) =>
      token(METINF, name),
    ),
    [0x05, 0x06, 0x07, 0x10, 0x13, 0x15, 0x16],
  );
  const devinf = tagNamed(vocabularies[3]!, 'syncml:devinf', 'SupportHierarchicalSync');
  assert.equal(devinf.token, 0x34);
});

function decodes(bytes: Uint8Array): void {
  try {
    decodeWbxml(bytes);
  } catch (error) {
    if (!(error instanceof WbxmlError)) throw error;
  }
}
