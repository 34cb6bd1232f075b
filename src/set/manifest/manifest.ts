/**
 * The manifest: signed JSON that closes a set and says what belongs to it. Nothing in it names a database or an
 * item. docs/format.md, "Manifest".
 */

/** A segment of this set. */
export interface ManifestSegment {
  /** 8 bytes, base64url. */
  readonly id: string;
  readonly stream: 'data' | 'index';
  readonly frames: number;
  /** Bytes of the frames together. */
  readonly bytes: number;
  /** SHA-256 of the segment (see `segmentHashInput`), base64url. */
  readonly hash: string;
}

/** One part of an index: the one that set `set` wrote for the database id `database` of its keyring. */
export interface IndexPart {
  readonly set: string;
  readonly database: string;
  /** In a checkpoint: the index segments of the database that make this part; absent = all of them. */
  readonly segments?: readonly string[];
}

/** One database and class, under the random id that its keyring gave it. */
export interface ManifestDatabase {
  readonly id: string;
  /** Policy leaves it unencrypted (B10): its frames are plain, and no envelope has a key for it. */
  readonly plain?: true;
  /** What this set added; databases in which nothing changed are not listed. */
  readonly segments: readonly ManifestSegment[];
}

export interface ManifestEnvelope {
  readonly number: number;
  /** SHA-256 of the envelope's bytes, base64url. */
  readonly hash: string;
  /** With custody `all`: whose shares of the keys it holds; the other side's lie in another envelope. */
  readonly side?: 'company' | 'user';
  /** The databases whose keys it holds, with the commitment to each key, and to its share of it, base64url. */
  readonly databases: readonly {
    readonly id: string;
    readonly commitment: string;
    readonly share?: string;
  }[];
}

/** A set that this one builds on, pinned by its hash. */
export interface UsedSet {
  readonly set: string;
  readonly counter: number;
  readonly time: number;
  /** SHA-256 of its manifest's bytes, base64url. */
  readonly hash: string;
}

/** A set as a recap says it: what a list of sets shows, without reading the manifest. */
export interface RecappedSet extends UsedSet {
  /** That the set added. */
  readonly bytes: number;
}

/** What pruning left of a chain, from `base` on. */
export interface Pruning {
  /** The sets before this one that can still be restored, ascending. */
  readonly kept: readonly UsedSet[];
  /** Sets that cannot any more: their manifests are missing, or stay only because kept sets build on them. */
  readonly removed: readonly UsedSet[];
  /** Segments that were deleted, of sets whose manifests stay. */
  readonly gone: readonly { readonly set: string; readonly segments: readonly string[] }[];
}

/** An envelope that was wrapped anew: the same data keys, for other recipients. */
export interface RewrappedEnvelope {
  /** The envelope as the manifests of its chain name it. */
  readonly device: string;
  readonly chain: string;
  readonly keyring: string;
  readonly number: number;
  /** SHA-256 of its bytes, base64url. */
  readonly hash: string;
  /** The one that takes its place: among the envelopes of the chain that the rewrap stands in. */
  readonly new: { readonly number: number; readonly hash: string };
}

export interface Manifest {
  readonly v: 1;
  readonly kind: 'backup' | 'checkpoint' | 'rewrap' | 'prune' | 'share';
  readonly device: string;
  readonly chain: string;
  readonly set: string;
  /** 1 for the first set of a chain. */
  readonly counter: number;
  /** SHA-256 of the previous manifest's bytes, base64url; absent in the first. */
  readonly prev?: string;
  /** Below this counter absence is pruning, above it an attack. */
  readonly base: number;
  /** Unix ms. */
  readonly time: number;
  readonly keyring: { readonly id: string; readonly envelopes: readonly ManifestEnvelope[] };
  /** What this set wrote. */
  readonly databases: readonly ManifestDatabase[];
  /**
   * For each database and class that lives on in this set: its full index first, then the deltas that together
   * list the items as of this set.
   */
  readonly indexes: readonly (readonly IndexPart[])[];
  /** Older sets of the chain that a restore of this one needs. */
  readonly uses: readonly UsedSet[];
  /** Sets in which so much changed that pruning waits until they are confirmed (U6); absent when there are none. */
  readonly alerts?: readonly string[];
  /** The sets before this one, from {@link recapped} on, oldest first: {@link SETS_PER_RECAP} or less but after pruning. */
  readonly recap?: readonly RecappedSet[];
  /** The set in whose manifest it goes on. */
  readonly recapped?: UsedSet;
  /** In a manifest of kind `prune`: what it left. */
  readonly prune?: Pruning;
  /** The newest manifest of kind `prune` before this one. */
  readonly pruned?: UsedSet;
  /** In a manifest of kind `rewrap`: all envelopes that count, also those of the rewraps before it. */
  readonly rewrap?: readonly RewrappedEnvelope[];
  /** The newest manifest of kind `rewrap` before this one. */
  readonly rewrapped?: UsedSet;
  /** In the last manifest of kind `share` of a chain: it is ended, and nothing is stored in it any more (N11). */
  readonly ended?: true;
  /** The chain that this one takes over from, when the device found itself behind it. */
  readonly continues?: { readonly chain: string; readonly counter: number; readonly hash: string };
}

/** Whether it is a set: what says only that others were pruned, or wrapped anew, is none. */
export const isSet = ({ kind }: Pick<Manifest, 'kind'>): boolean => kind !== 'prune' && kind !== 'rewrap';

/** Bytes of the segments that a set added. */
export const addedBytes = ({ databases }: Pick<Manifest, 'databases'>): number =>
  databases.reduce((sum, { segments }) => sum + segments.reduce((all, { bytes }) => all + bytes, 0), 0);

/** `typ` of the JWS. */
export const MANIFEST_TYP = 'holdfast-manifest+jws';

/** A manifest's bytes at most. */
export const MAX_MANIFEST = 16 * 1024 * 1024;

/** So a list of 500 sets reads 16 manifests. */
export const SETS_PER_RECAP = 32;

/** Sets that share one keyring at most: a restore over 500 sets then opens at most 16 envelopes of each kind. */
export const SETS_PER_KEYRING = 32;
