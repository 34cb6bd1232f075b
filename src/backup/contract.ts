/**
 * What the engine is given: the roles it plays against, each the smallest interface that serves it. Custody,
 * state and destinations implement them; programs put them together.
 */
import type { Identity, Recipient, Side } from '../crypto/index.ts';
import type { ItemClass, Source, SourceWriter } from '../database/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Platform } from '../platform/index.ts';
import type { Custody, DatabaseRule } from '../policy/rules/index.ts';
import type { Destination } from '../set/index.ts';

/**
 * The secret keys of this device as the engine may use them. Implemented by `custody`; the keys themselves stay
 * there, apart from the data keys of the keyring in use.
 */
export interface KeyHolder {
  /** Id of this device: 16 random bytes, base64url. */
  readonly device: string;

  /**
   * Names the list of the user's ways in, where everything is to be sealed anew when it changes. Absent: what is stored is
   * wrapped for the new list instead.
   */
  readonly list?: string | undefined;

  /** Signs a manifest: compact JWS (EdDSA) with this `typ`, `kid` = the key's RFC 7638 thumbprint. */
  sign(typ: string, payload: Uint8Array): Promise<string>;

  /**
   * Who is to open the data of a database and class. @throws CryptoError `ERR_NO_KEY` when policy names a key
   * that is not here.
   */
  recipients(use: KeyUse): readonly Recipient[];

  /** Everything here that may open an envelope. */
  identities(): readonly Identity[];

  /** The data keys in use on a chain, as last kept; forgotten ones are gone (design: keyring). */
  keyring(chain: string): Uint8Array | undefined;
  keepKeyring(chain: string, state: Uint8Array): void;
  /** From here on nothing is left of them on this device. */
  forgetKeyring(chain: string): void;
}

export interface KeyUse {
  readonly database: string;
  readonly class: ItemClass;
  readonly encrypt: Exclude<DatabaseRule['encrypt'], 'none'>;
  readonly custody: Custody;
  /** With custody `all`: the recipients of this side. */
  readonly side?: Side;
}

/** The newest manifest of a chain, as its device reported it. */
export interface Head {
  readonly chain: string;
  readonly device: string;
  readonly counter: number;
  /** SHA-256 of the manifest's bytes, base64url. */
  readonly hash: string;
  /** When it was reported, Unix ms. */
  readonly time: number;
  /** Id of the storage area that the chain lies in; absent for a backup file. */
  readonly area?: string;
}

/** Whose manifests count. From the trust section of the policy message (managed) or the owner record (personal). */
export interface Trust {
  /** Ed25519 public key (JWK) of one of the user's devices; undefined when the device is none of the user's. */
  signer(device: string): Promise<Readonly<JsonWebKey> | undefined>;
  /** Whether a device was ended: nothing that it signed beyond its known heads counts. */
  ended(device: string): boolean;
  /** All known heads of the user's chains, and since when. */
  heads(): readonly Head[];
  readonly knownAt: number;
}

/** A database to back up: its rules per class, and where its items come from. */
export interface DatabasePlan {
  readonly database: string;
  readonly label: string;
  readonly source: Source;
  /** The class of an item by policy (`path` as the source listed it). */
  classify(path: string): ItemClass;
  /** Rules by class; a class without rules is denied. */
  rules(itemClass: ItemClass): DatabaseRule;
}

/** Where restored items of a database go; a refusal is thrown. */
export type WriterFor = (target: {
  readonly database: string;
  readonly class: ItemClass;
  readonly sourceKind: string;
  readonly label: string;
}) => Promise<SourceWriter>;

export interface Progress {
  readonly kind: 'progress';
  readonly phase: 'list' | 'backup' | 'index' | 'restore' | 'verify' | 'diff' | 'rebuild' | 'rewrap';
  readonly database?: string;
  /** Items and bytes so far, over all databases. */
  readonly items: number;
  readonly bytes: number;
}

/** Something a person should know that did not stop the run. */
export interface Notice {
  readonly kind: 'notice';
  readonly code: string;
  readonly message: string;
}

export type EngineEvent = Progress | Notice;

/** What every operation of the engine needs. */
export interface EngineContext {
  readonly platform: Platform;
  readonly clock: Clock;
  readonly destination: Destination;
  readonly keys: KeyHolder;
  readonly trust: Trust;
  readonly report: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
  /** Works on what is shared with others: only chains of that kind count; without it, only the others do (N11). */
  readonly shares?: true;
}
