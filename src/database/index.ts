/**
 * Database: a named collection of data items of one type (B16): the seed's names, such as `Address Book`, or the
 * user's own. What a native application holds, before anything of ours touches it.
 */
export * from './errors.ts';
export * from './item.ts';
export * from './names.ts';
export * from './source.ts';
