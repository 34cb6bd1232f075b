import { randomBytes } from 'node:crypto';
import type { Nonce } from '../../api/area/index.ts';

const LIFETIME = 5 * 60_000;
/** Open nonces per device and devices that have some; older ones fall out. */
const PER_DEVICE = 32;
const DEVICES = 10_000;

/**
 * Nonces for deletions: each is good once, for one device key in one area, for five minutes. In memory only: after
 * a restart none is open, which refuses and never repeats.
 */
export class Nonces {
  readonly #open = new Map<string, Map<string, number>>();

  issue(area: string, device: string, now: number): Nonce {
    const owner = `${area} ${device}`;
    const held = this.#open.get(owner) ?? new Map<string, number>();
    this.#open.delete(owner);
    this.#open.set(owner, held);
    dropOldest(this.#open, DEVICES);
    const nonce = randomBytes(16).toString('base64url');
    held.set(nonce, now + LIFETIME);
    dropOldest(held, PER_DEVICE);
    return { nonce, expires: now + LIFETIME };
  }

  /** Whether the nonce was open; it no longer is. */
  take(area: string, device: string, nonce: string, now: number): boolean {
    const held = this.#open.get(`${area} ${device}`);
    const expires = held?.get(nonce);
    if (expires === undefined) return false;
    held?.delete(nonce);
    return now <= expires;
  }
}

/** Maps keep the order of insertion. */
export function dropOldest<K>(map: Map<K, unknown>, most: number): void {
  if (map.size <= most) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
