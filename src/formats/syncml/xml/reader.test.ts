import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromUtf8, utf8 } from '../../../lib/bytes.ts';
import { escapeXml, XmlError, XmlReader } from './index.ts';

const vectors = new URL('../../../../test/vectors/syncml/', import.meta.url).pathname;
const samples = globSync('07-syncml11-basic-xml/*.xml', { cwd: vectors }).sort();

/** All tokens as an outline; text as it is understood. */
function outline(bytes: Uint8Array): string[] {
  const reader = new XmlReader(bytes);
  const tokens: string[] = [];
  for (; reader.kind !== 'end'; reader.advance()) {
    if (reader.kind === 'open') tokens.push(`<${reader.name} ${reader.namespace}>`);
    else if (reader.kind === 'close') tokens.push(`</${reader.name} ${reader.namespace}>`);
    else tokens.push(reader.text());
  }
  return tokens;
}

/** The tokens of a captured message, spelled as its writer spells them: its bytes again, when all was understood. */
function respell(bytes: Uint8Array): string {
  const reader = new XmlReader(bytes);
  let xml = '<?xml version="1.0" encoding="UTF-8"?>';
  const open = [''];
  for (; reader.kind !== 'end'; reader.advance()) {
    if (reader.kind === 'text') {
      const cdata = fromUtf8(bytes.subarray(reader.offset - 9, reader.offset)) === '<![CDATA[';
      const text = fromUtf8(reader.value);
      xml += cdata ? `<![CDATA[${text}]]>` : text;
    } else if (reader.kind === 'open') {
      xml +=
        reader.namespace === open.at(-1)
          ? `<${reader.name}>`
          : `<${reader.name} xmlns='${reader.namespace}'>`;
      open.push(reader.namespace);
    } else {
      open.pop();
      xml += `</${reader.name}>`;
    }
  }
  return xml;
}

test('there are captured messages', () => assert.equal(samples.length, 3));

for (const name of samples) {
  const bytes = new Uint8Array(readFileSync(vectors + name));

  test(`${name}: is understood to the last byte`, () => {
    const expected = fromUtf8(bytes).replace(/<([A-Za-z]+)\/>/g, '<$1></$1>');
    assert.equal(respell(bytes), expected);
  });

  // The work grows with the square of the length; the longest message has no element that the others lack.
  if (bytes.length > 5000) continue;
  test(`${name}: cut at any byte, it is refused`, () => {
    for (let length = 0; length < bytes.length; length++)
      assert.throws(
        () => outline(bytes.subarray(0, length)),
        { code: 'ERR_XML_TRUNCATED' },
        `cut at ${length}`,
      );
  });
}

test('namespaces, entities, CDATA, empty elements, line ends', () => {
  const xml = `<?xml version="1.0"?>\n<a xmlns="x"><b>1 &lt; 2 &amp;&amp; &quot;&apos;&gt;\r\n</b ><c xmlns = 'y'><![CDATA[<&amp;]]]]></c><d/></a>\n`;
  assert.deepEqual(outline(utf8(xml)), [
    ...[
      '<a x>',
      '<b x>',
      `1 < 2 && "'>\n`,
      '</b x>',
      '<c y>',
      '<&amp;]]',
      '</c y>',
      '<d x>',
      '</d x>',
      '</a x>',
    ],
  ]);
});

test('text comes back as it was', () => {
  const codePoint = (min: number, max: number) =>
    fc.integer({ min, max }).map((n) => String.fromCodePoint(n));
  const character = fc.oneof(
    fc.constantFrom(...'&<>"\';]'),
    codePoint(0x20, 0x7e),
    codePoint(0xa0, 0xd7ff),
    codePoint(0x1_0000, 0x10_ffff),
  );
  const allowed = fc.string({ unit: character, minLength: 1 });
  fc.assert(
    fc.property(allowed, (text) => assert.equal(outline(utf8(`<a>${escapeXml(text)}</a>`))[1], text)),
  );
});

test('any text gives tokens or a coded error', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '</',
    '/>',
    'a',
    ' ',
    'xmlns="',
    '"',
    '&amp;',
    '&',
    '<![CDATA[',
    ']]>',
    '<!',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        outline(utf8(`<a>${pieces.join('')}</a>`));
      } catch (error) {
        if (!(error instanceof XmlError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});

const hostile: readonly [what: string, xml: string | Uint8Array, code: string][] = [
  ['nothing', '', 'ERR_XML_TRUNCATED'],
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'ERR_XML_UNSUPPORTED'],
  ['a document type after the declaration', '<?xml version="1.0"?><!DOCTYPE a><a/>', 'ERR_XML_UNSUPPORTED'],
  ['a comment', '<a><!-- x --></a>', 'ERR_XML_UNSUPPORTED'],
  ['a processing instruction', '<a><?x y?></a>', 'ERR_XML_UNSUPPORTED'],
  ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', 'ERR_XML_UNSUPPORTED'],
  ['XML 1.1', '<?xml version="1.1"?><a/>', 'ERR_XML_UNSUPPORTED'],
  ['an attribute', '<a b="c"/>', 'ERR_XML_UNSUPPORTED'],
  ['a prefix', '<x:a xmlns:x="y"/>', 'ERR_XML_UNSUPPORTED'],
  ['an entity of its own', '<a>&nbsp;</a>', 'ERR_XML_UNSUPPORTED'],
  ['a character reference', '<a>&#65;</a>', 'ERR_XML_UNSUPPORTED'],
  ['a lone ampersand', '<a>b & c</a>', 'ERR_XML_UNSUPPORTED'],
  ['a NUL', '<a>\0</a>', 'ERR_XML_MALFORMED'],
  [']]> in text', '<a>]]></a>', 'ERR_XML_MALFORMED'],
  [
    'text that is not UTF-8',
    Uint8Array.of(0x3c, 0x61, 0x3e, 0xc3, 0x28, 0x3c, 0x2f, 0x61, 0x3e),
    'ERR_XML_MALFORMED',
  ],
  ['text before the root', 'x<a/>', 'ERR_XML_MALFORMED'],
  ['text behind the root', '<a/>x', 'ERR_XML_MALFORMED'],
  ['two roots', '<a/><a/>', 'ERR_XML_MALFORMED'],
  ['an end tag as root', '</a>', 'ERR_XML_MALFORMED'],
  ['a wrong end tag', '<a><b></a></b>', 'ERR_XML_MALFORMED'],
  ['a missing end tag', '<a><b></b>', 'ERR_XML_TRUNCATED'],
  ['no name', '<a>< b/></a>', 'ERR_XML_UNSUPPORTED'],
  ['a CDATA section without end', '<a><![CDATA[x]]</a>', 'ERR_XML_TRUNCATED'],
  ['a thousand elements within each other', '<a>'.repeat(1000), 'ERR_XML_LIMIT'],
  ['a very long tag', `<${'a'.repeat(100_000)}>`, 'ERR_XML_LIMIT'],
];
for (const [what, xml, code] of hostile)
  test(`refused: ${what}`, () => {
    assert.throws(() => outline(typeof xml === 'string' ? utf8(xml) : xml), { code });
  });
