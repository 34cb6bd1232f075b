import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type StorageErrorCode =
  /** An area of that name is there already. kind `usage` */
  | 'ERR_AREA_EXISTS'
  /** No such area in this state directory. kind `usage` */
  | 'ERR_AREA_UNKNOWN'
  /** Not a name, key or quota that an area can have. kind `usage` */
  | 'ERR_AREA_INVALID'
  /** Its file in the state directory cannot be read. kind `failed` */
  | 'ERR_AREA_UNREADABLE'
  /** Not a directory to keep state in: it holds other things, is open to others, or is not there. kind `usage` */
  | 'ERR_STORAGE_STATE'
  /** Not an address to listen on. kind `usage` */
  | 'ERR_STORAGE_ADDRESS'
  /** Cannot listen there. kind `failed` */
  | 'ERR_STORAGE_LISTEN';

const kinds: Record<StorageErrorCode, FailureKind> = {
  ERR_AREA_EXISTS: 'usage',
  ERR_AREA_UNKNOWN: 'usage',
  ERR_AREA_INVALID: 'usage',
  ERR_AREA_UNREADABLE: 'failed',
  ERR_STORAGE_STATE: 'usage',
  ERR_STORAGE_ADDRESS: 'usage',
  ERR_STORAGE_LISTEN: 'failed',
};

/** The operator asked for something that cannot be, or the state directory is broken. */
export class StorageError extends BaseError<StorageErrorCode> {
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}

/** Status and failure kind of each refusal; docs/format/area.md lists them. */
const refusals = {
  ERR_REQUEST_MALFORMED: [400, 'usage'],
  ERR_DIGEST_REQUIRED: [400, 'usage'],
  ERR_DIGEST_MISMATCH: [400, 'integrity'],
  ERR_GRANT_REQUIRED: [401, 'no-key'],
  ERR_NONCE_REFUSED: [401, 'no-key'],
  ERR_RIGHT_MISSING: [403, 'no-key'],
  ERR_AREA_APPEND_ONLY: [403, 'refused'],
  ERR_NOT_FOUND: [404, 'usage'],
  ERR_OBJECT_MISSING: [404, 'integrity'],
  ERR_METHOD: [405, 'usage'],
  ERR_OBJECT_CONFLICT: [409, 'integrity'],
  ERR_ENDED_OLDER: [409, 'integrity'],
  ERR_LENGTH_REQUIRED: [411, 'usage'],
  ERR_OBJECT_TOO_LARGE: [413, 'failed'],
  ERR_RANGE: [416, 'usage'],
  ERR_QUOTA: [507, 'failed'],
  ERR_STORAGE_FULL: [507, 'failed'],
} as const satisfies Record<string, readonly [number, FailureKind]>;

export type RefusalCode = keyof typeof refusals;

/** A request that is answered with a problem. */
export class Refusal extends BaseError<RefusalCode> {
  readonly status: number;
  /** Header fields of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    const [status, kind] = refusals[code];
    super(code, kind, message);
    this.status = status;
    this.headers = headers;
  }
}
