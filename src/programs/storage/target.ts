import {
  ENDED_PATH,
  isAreaId,
  isObjectPath,
  isPathPrefix,
  MAX_PAGE,
  NONCE_PATH,
} from '../../api/area/index.ts';
import { Refusal } from './errors.ts';

/** What a request is about. */
export type Target =
  | { readonly kind: 'health' }
  | { readonly kind: 'object'; readonly area: string; readonly path: string }
  | ListTarget
  | { readonly kind: 'nonce'; readonly area: string }
  | { readonly kind: 'ended'; readonly area: string };

export interface ListTarget {
  readonly kind: 'list';
  readonly area: string;
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number | undefined;
}

/**
 * Reads a request target. Names need no escaping, so nothing in a path is decoded: `%`, `.`, `//` and whatever
 * else could mean two things to two programs is refused.
 *
 * @throws Refusal
 */
export function parseTarget(text: string): Target {
  // Proxies may send the absolute form (RFC 9112 §3.2.2); which host was meant does not matter here.
  const [, path = '', query] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?$/i.exec(text) ?? [];
  if (path === '/healthz' && query === undefined) return { kind: 'health' };
  const [, area, rest] = /^\/areas\/([^/]+)\/(.*)$/s.exec(path) ?? [];
  if (area === undefined || rest === undefined) {
    throw new Refusal('ERR_NOT_FOUND', 'there is nothing here; objects lie at /areas/ID/PATH');
  }
  if (!isAreaId(area)) throw malformed('not the id of an area');
  if (rest === '') return parseListing(area, query ?? '');
  if (query !== undefined) throw malformed('only a listing has a query');
  if (rest === NONCE_PATH) return { kind: 'nonce', area };
  if (rest === ENDED_PATH) return { kind: 'ended', area };
  if (!isObjectPath(rest))
    throw malformed('not the path of an object: components of A-Z a-z 0-9 _ - joined by /');
  return { kind: 'object', area, path: rest };
}

function parseListing(area: string, query: string): ListTarget {
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (found.has(name)) throw malformed(`${name} is there twice`);
    if (name !== 'prefix' && name !== 'after' && name !== 'limit')
      throw malformed('an unknown query parameter');
    found.set(name, value);
  }
  const prefix = found.get('prefix') ?? '';
  const after = found.get('after');
  const limit = found.get('limit');
  if (!isPathPrefix(prefix) || (after !== undefined && !isPathPrefix(after))) {
    throw malformed('prefix and after are beginnings of paths');
  }
  if (limit !== undefined && (!/^[1-9][0-9]{0,3}$/.test(limit) || Number(limit) > MAX_PAGE)) {
    throw malformed(`limit is a number from 1 to ${MAX_PAGE}`);
  }
  return { kind: 'list', area, prefix, after, limit: limit === undefined ? undefined : Number(limit) };
}

const malformed = (why: string): Refusal => new Refusal('ERR_REQUEST_MALFORMED', why);
