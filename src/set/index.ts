/**
 * Backup set: one run as bytes and values. Segments of sealed frames, an index that says where each item lies, a
 * signed manifest that closes it. This room knows the layout (docs/format.md), not the keys.
 */
export * from './destination.ts';
export * from './errors.ts';
export * from './frame/index.ts';
export * from './index/index.ts';
export * from './manifest/index.ts';
export * from './segment/index.ts';
