/**
 * WBXML: the binary form of XML that WAP devices exchange (WAP-192, versions 1.1 to 1.3), as far as SyncML uses it.
 *
 * Read and written: tags of known vocabularies with and without content, code pages, inline strings, strings of
 * the string table, opaque data, UTF-8. Refused with a coded error: attributes, literal tags, entities,
 * extensions, processing instructions, other character sets.
 *
 * `WbxmlReader` and `WbxmlWriter` work token by token and never copy opaque data; `decodeWbxml` and `encodeWbxml`
 * are the same over a tree, for small messages.
 */
export * from './errors.ts';
export * from './reader.ts';
export * from './tree.ts';
export * from './vocabularies.ts';
export * from './vocabulary.ts';
export * from './writer.ts';
