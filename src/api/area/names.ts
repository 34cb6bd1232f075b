/** An object's path: components of `[A-Za-z0-9_-]`, joined by `/`. Nothing in it ever needs escaping. */
export const MAX_PATH = 512;
export const MAX_COMPONENT = 128;
export const MAX_DEPTH = 16;

/** An area takes objects up to this size unless its operator says otherwise. */
export const DEFAULT_MAX_OBJECT = 16 * 1024 * 1024;

/** Names per page of a listing. */
export const MAX_PAGE = 1000;

const ID = /^[A-Za-z0-9_-]{22}$/;
const COMPONENT = /^[A-Za-z0-9_-]{1,128}$/;

/** 16 random bytes, base64url. */
export const isAreaId = (text: string): boolean => ID.test(text);

export function isObjectPath(path: string): boolean {
  if (path.length > MAX_PATH) return false;
  const components = path.split('/');
  return components.length <= MAX_DEPTH && components.every((component) => COMPONENT.test(component));
}

/** A grant's place: empty (the whole area), or a path with `/` behind it, so that it ends between components. */
export const isPlace = (text: string): boolean =>
  text === '' || (text.endsWith('/') && isObjectPath(text.slice(0, -1)));

/** What a listing may ask for: the beginning of a path, also within a component. */
export function isPathPrefix(text: string): boolean {
  return text === '' || isPlace(text) || isObjectPath(text);
}
