/**
 * XML: the small part of XML 1.0 that documents and SyncML messages need. UTF-8, elements, text, CDATA sections,
 * the five predefined entities, default namespaces. Everything else is refused with a coded error: document types
 * (and so entities of one's own), comments, processing instructions, other attributes, character references.
 */
export * from './errors.ts';
export * from './escape.ts';
export * from './reader.ts';
