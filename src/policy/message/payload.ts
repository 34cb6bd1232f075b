/** What a policy message says (docs/format/policy-message.md, "Policy message"). Times are Unix ms. */
import type { DeviceRules } from '../rules/index.ts';

/** A sealed message has at most this many characters; a larger one is not even looked at. */
export const MESSAGE_LIMIT = 1024 * 1024;

export const POLICY_TYP = 'holdfast-policy+jws';

/** `value` is the JSON text whose UTF-8 `hash` is the SHA-256 of: what is hashed is what is sent. */
export interface SectionPart {
  /** At least 1; grows with every change. */
  readonly version: number;
  /** base64url */
  readonly hash: string;
  /** Present: replaces. Absent: version and hash have to be those that the device holds. */
  readonly value?: string;
}

/** The values of the sections, parsed. */
export interface SectionValues {
  readonly rules: DeviceRules;
  /** At most one key per use and database: the one that encrypts. */
  readonly encryptionKeys: readonly PolicyKey[];
  /** Every key that may open, older epochs too. */
  readonly decryptionKeys: readonly PolicyKey[];
  readonly commands: readonly Command[];
  readonly trust: TrustList;
}

export type SectionName = keyof SectionValues;

export const sectionNames: readonly SectionName[] = [
  'rules',
  'encryptionKeys',
  'decryptionKeys',
  'commands',
  'trust',
];

/** Whose data a policy key is for (B6); `database` is there exactly with the use `database`. */
export interface PolicyKey {
  readonly kid: string;
  readonly use: 'user' | 'device' | 'database';
  readonly database?: string;
  /** Symmetric: 32 bytes, base64url. Either this or `jwk`. */
  readonly k?: string;
  /** Asymmetric (P-256 or RSA): public among the encryption keys, private among the decryption keys (B5a). */
  readonly jwk?: Readonly<JsonWebKey>;
}

/** Carried out once, in the transaction that accepts the message; repeated until acknowledged (B2). */
export type Command =
  /** The only way that a decryption key is dropped. */
  | { readonly id: string; readonly kind: 'erase-keys'; readonly kids: readonly string[] }
  /** The device is ended: everything is forgotten but the fact. */
  | { readonly id: string; readonly kind: 'end' }
  /** How a receiver reads a kind that it does not know; it reports the result `unknown`. */
  | { readonly id: string; readonly kind: 'unknown'; readonly name: string };

export interface TrustedDevice {
  readonly id: string;
  readonly user: string;
  /** Compact JWS, see `verifyCertificate`. */
  readonly certificate: string;
  readonly state: 'active' | 'ended';
}

/** The newest manifest of a chain, as its device reported it. */
export interface ChainHead {
  readonly chain: string;
  readonly device: string;
  readonly counter: number;
  /** SHA-256 of the manifest's bytes, base64url. */
  readonly hash: string;
  readonly time: number;
  /** Id of the storage area that the chain lies in; absent for a backup file. */
  readonly area?: string;
}

/** The devices of the user, and the heads of their chains. */
export interface TrustList {
  readonly devices: readonly TrustedDevice[];
  readonly heads: readonly ChainHead[];
  readonly knownAt: number;
}

/** Access to one storage area; valid as long as the message. */
export interface AreaGrant {
  readonly area: string;
  readonly append: string;
  readonly read: string;
  /** To store owner records of the user (U1); servers of before gave none. */
  readonly owner?: string;
}

export interface PolicyPayload {
  readonly v: 1;
  /** The server's id. */
  readonly iss: string;
  /** The device's id. */
  readonly aud: string;
  readonly seq: number;
  readonly iat: number;
  readonly exp: number;
  readonly sections: { readonly [S in SectionName]: SectionPart };
  readonly grants: readonly AreaGrant[];
  /** Names of what must be understood; see `understood`. */
  readonly crit?: readonly string[];
}

/** Version and hash of each section that a device holds. */
export type HeldSections = {
  readonly [S in SectionName]?: { readonly version: number; readonly hash: string };
};
