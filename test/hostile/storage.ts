/**
 * A storage that turned hostile: it has everything that devices brought, and serves what it likes. It can do all
 * that an operator of the area, a gateway or the network below could do.
 */
import { decodeDocument } from '../../src/formats/syncml/index.ts';
import type { World } from '../world.ts';
import { type Answer, type Asked, json, type Rule } from './proxy.ts';

export type ObjectKind = 'manifest' | 'envelope' | 'data' | 'index';

export interface StoredObject {
  /** `USER/DEVICE/CHAIN/…` */
  readonly path: string;
  readonly kind: ObjectKind;
  readonly bytes: Buffer;
}

export class HostileStorage {
  /** As devices brought them, in that order. */
  readonly stored = new Map<string, Buffer>();
  readonly #serves = new Map<string, Buffer | undefined>();
  readonly #missing = new Set<string>();

  constructor({ areaProxy }: World) {
    areaProxy.rule(this.#rule);
  }

  /** All objects of a device, the oldest first. */
  of(device: string): StoredObject[] {
    return [...this.stored]
      .filter(([path]) => path.split('/')[1] === device)
      .map(([path, bytes]) => ({ path, bytes, kind: kindOf(path, bytes) }));
  }

  /** Serves other bytes under a name, or invents the name. */
  serve(path: string, bytes: Uint8Array): void {
    this.#serves.set(path, Buffer.from(bytes));
  }

  /** Neither lists it nor gives it. */
  hide(path: string): void {
    this.#serves.set(path, undefined);
  }

  hidden(path: string): boolean {
    return this.#serves.has(path) && !this.#serves.get(path);
  }

  /** Lists it, and does not give it. */
  lose(path: string): void {
    this.#missing.add(path);
  }

  /** Honest again. */
  reset(): void {
    this.#serves.clear();
    this.#missing.clear();
  }

  readonly #rule: Rule = async (asked, pass) => {
    const [, path, query] = /^\/areas\/[\w-]{22}\/([^?.]*)(?:\?(.*))?$/.exec(asked.url) ?? [];
    if (path === undefined) return pass();
    if (asked.method === 'PUT') {
      const answer = await pass();
      if (answer.status === 201) this.stored.set(path, asked.body);
      return answer;
    }
    if (asked.method !== 'GET' || this.#serves.size + this.#missing.size === 0) return pass();
    if (path === '') return this.#list(new URLSearchParams(query));
    if (this.#missing.has(path) || (this.#serves.has(path) && !this.#serves.get(path))) return missing;
    const bytes = this.#serves.get(path);
    return bytes ? ranged(asked, bytes) : pass();
  };

  #list(query: URLSearchParams): Answer {
    const sizes = new Map([...this.stored].map(([path, bytes]) => [path, bytes.length]));
    for (const [path, bytes] of this.#serves) {
      if (bytes) sizes.set(path, bytes.length);
      else sizes.delete(path);
    }
    const after = query.get('after') ?? '';
    const rows = [...sizes]
      .filter(([path]) => path.startsWith(query.get('prefix') ?? '') && path > after)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, size]) => ({ path, size }));
    return json({ objects: rows.slice(0, 1000), more: rows.length > 1000 });
  }
}

export function kindOf(path: string, bytes: Uint8Array): ObjectKind {
  if (path.includes('/m/')) return 'manifest';
  if (path.includes('/k/')) return 'envelope';
  return decodeDocument(bytes).stream;
}

const missing: Answer = {
  status: 404,
  headers: { 'content-type': 'application/problem+json' },
  body: Buffer.from(
    JSON.stringify({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'ERR_OBJECT_MISSING',
      kind: 'integrity',
    }),
  ),
};

/** What a storage answers, with or without a range. */
function ranged({ headers }: Asked, bytes: Buffer): Answer {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (first === undefined)
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes };
  const body = bytes.subarray(Number(first), Number(last) + 1);
  const shown = `bytes ${first}-${Number(first) + body.length - 1}/${bytes.length}`;
  return {
    status: 206,
    headers: { 'content-type': 'application/octet-stream', 'content-range': shown },
    body,
  };
}
