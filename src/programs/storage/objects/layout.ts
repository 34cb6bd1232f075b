/** Objects are files with this ending, so that `a` and `a/b` can both be objects. */
export const SUFFIX = '.object';

/** Behind an object's bytes in its file: SHA-256, and these 8 bytes. */
export const MAGIC = 'HOLDFAST';
export const TRAILER = 32 + MAGIC.length;

export const COMPONENT = /^[A-Za-z0-9_-]+$/;
