import type { TriesLeft, WimErrorCode } from '../../errors.ts';

/** A token in a slot, as the module describes it. */
export interface TokenDescription {
  /** Slot, in hexadecimal: for this process only. */
  readonly slot: string;
  readonly reader: string;
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly initialized: boolean;
  /** The PIN is typed at the reader. */
  readonly pinAtReader: boolean;
  /** Undefined while no wrong PIN was given. */
  readonly triesLeft: TriesLeft | undefined;
  readonly locked: boolean;
}

/** What goes by one `CKA_ID`: of a private key, its public key and its certificate what there is. Unchecked. */
export interface KeyDescription {
  /** `CKA_ID` in hexadecimal. */
  readonly id: string;
  readonly label: string;
  readonly kind: 'ec' | 'rsa' | 'other';
  /** DER. */
  readonly certificate?: Uint8Array;
  /** `CKA_EC_POINT`, on P-256 */
  readonly point?: Uint8Array;
  readonly modulus?: Uint8Array;
  readonly exponent?: Uint8Array;
  /** Undefined as long as the private key is not seen: most tokens show it after login only. */
  readonly privateKey?: {
    readonly derive: boolean;
    readonly decrypt: boolean;
    readonly sign: boolean;
    /** The PIN is asked for again at each operation (`CKA_ALWAYS_AUTHENTICATE`; PIV 9C). */
    readonly alwaysAuthenticate: boolean;
  };
}

export type KeyKind = 'ec' | 'rsa';

/** By `op`: what is asked, and what the answer's value is. PINs are undefined where they are typed at the reader. */
export interface Operations {
  load: { ask: { readonly path: string }; give: undefined };
  tokens: { ask: object; give: readonly TokenDescription[] };
  open: { ask: { readonly slot: string; readonly write: boolean }; give: undefined };
  login: { ask: { readonly as: 'user' | 'officer'; readonly pin: string | undefined }; give: undefined };
  keys: { ask: object; give: readonly KeyDescription[] };
  agree: { ask: KeyUse; give: Uint8Array };
  decrypt: {
    ask: KeyUse;
    give: { readonly kind: 'message' | 'block' | 'refused'; readonly bytes: Uint8Array };
  };
  sign: { ask: KeyUse; give: Uint8Array };
  generate: {
    ask: {
      readonly id: string;
      readonly label: string;
      readonly kind: KeyKind;
      readonly use: 'decipher' | 'signature';
    };
    give: undefined;
  };
  certify: {
    ask: {
      readonly id: string;
      readonly label: string;
      /** All DER. */
      readonly certificate: Uint8Array;
      readonly subject: Uint8Array;
      readonly issuer: Uint8Array;
      readonly serial: Uint8Array;
    };
    give: undefined;
  };
  /** Everything that goes by this id. */
  destroy: { ask: { readonly id: string }; give: undefined };
  changePin: { ask: { readonly pin: string; readonly next: string }; give: undefined };
  unblock: { ask: { readonly code: string; readonly next: string }; give: undefined };
}

export interface KeyUse {
  readonly id: string;
  /** The point, the ciphertext; to be signed by EC: the hash; by RSA: its DigestInfo. */
  readonly bytes: Uint8Array;
  readonly kind: KeyKind;
  /** For keys with `alwaysAuthenticate`. */
  readonly pin?: string | undefined;
}

export type OperationName = keyof Operations;

export type Request = {
  [Op in OperationName]: { readonly op: Op; readonly ask: Operations[Op]['ask'] };
}[OperationName];

export type Answer =
  | { readonly kind: 'done'; readonly value: unknown }
  | {
      readonly kind: 'failed';
      readonly code: WimErrorCode;
      readonly message: string;
      readonly triesLeft?: TriesLeft | undefined;
    };
