import { DEFAULT_MAX_OBJECT } from '../../api/area/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { StorageError } from './errors.ts';

export interface StorageConfig {
  /** Directory of the state; made when it is not there. */
  readonly state: string;
  /** `HOST:PORT`; port 0 takes a free one. `127.0.0.1:7420` unless told. */
  readonly listen?: string;
  /** How others reach it, when that is not where it listens: `https://backup.example`. */
  readonly url?: string;
  /** Level of the log (pino): `silent`, `error`, `info`, … One line of `info` per request. */
  readonly log?: string;
  readonly limits?: Partial<StorageLimits>;
  readonly clock?: Clock;
}

/** Sizes in bytes, times in ms. */
export interface StorageLimits {
  readonly maxObject: number;
  /** Until the head of a request is here; until all of it is; without a byte in either direction. */
  readonly headers: number;
  readonly request: number;
  readonly idle: number;
  readonly connections: number;
  readonly requestsPerSocket: number;
  /** How long requests under way may take when the program is to end. */
  readonly grace: number;
}

export const DEFAULT_LIMITS: StorageLimits = {
  maxObject: DEFAULT_MAX_OBJECT,
  headers: 15_000,
  request: 15 * 60_000,
  idle: 60_000,
  connections: 2000,
  requestsPerSocket: 10_000,
  grace: 5000,
};

export const DEFAULT_LISTEN = '127.0.0.1:7420';

/** `HOST:PORT` or `[IPv6]:PORT`. @throws StorageError `ERR_STORAGE_ADDRESS` */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, v6, host = v6, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    throw new StorageError('ERR_STORAGE_ADDRESS', `not an address to listen on (HOST:PORT): ${text}`);
  }
  return { host, port };
}

/** The base URL for an address that is listened on. */
export const urlOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
