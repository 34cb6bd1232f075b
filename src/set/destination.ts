/**
 * Destination: takes and gives segments and the small signed or sealed objects around them. A storage area, a
 * backup file. It packages (documents, IPD records) but never encrypts: what arrives here is sealed already, or
 * plain because a policy said so (backup file only).
 *
 * Names are relative to the user's place in the destination. `Destination` calls retry by themselves where
 * trying again can help; what they throw is final.
 */

/**
 * `backup set` objects other than segments. A `checkpoint` is a manifest of that kind, in a backup file only: it may
 * come several times under one name, the last counts, and the manifest of that name takes its place.
 */
export type ObjectKind = 'manifest' | 'checkpoint' | 'envelope' | 'owner-record';

/** A run of frames under one salt, ready to be handed over. */
export interface SegmentData {
  /** 16 random bytes. */
  readonly set: Uint8Array;
  /** 16 random bytes per keyring, database and class. */
  readonly database: Uint8Array;
  readonly stream: 'data' | 'index';
  /** 8 random bytes, unique in the set. */
  readonly id: Uint8Array;
  readonly salt: Uint8Array;
  readonly frames: readonly Uint8Array[];
}

/** Where a segment came to lie. */
export interface StoredSegment {
  /** Offset of each frame's first byte in the stored object. */
  readonly offsets: readonly number[];
  /** Length of the stored object in bytes. */
  readonly size: number;
}

/** Where frames lie, for reading them back without reading the rest. */
export interface FrameRange {
  /** Path of the object: see `docs/format.md`, "Names in a storage area". */
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

export interface ObjectInfo {
  readonly name: string;
  readonly size: number;
}

/** Of an object's name, another one up to which nothing is of interest; undefined = go on as usual. */
export type Past = (name: string) => string | undefined;

export interface Destination {
  /** For people and logs: a URI or a path. */
  readonly label: string;

  /** Id of the storage area (22 characters), whatever URI it is reached by; absent for a backup file. */
  readonly area?: string;

  /** How large a segment may be: bytes of its frames together, at most. */
  readonly segmentLimit: number;

  /** So many bytes may be put between two checkpoints; absent = none is wanted. Backup file only. */
  readonly checkpointEvery?: number;

  /** May databases be in it that policy leaves unencrypted (B10)? Backup file only. */
  readonly takesPlain?: true;

  /**
   * Stores a segment durably under `name`. Putting the same bytes again is fine. The memory of the frames is the
   * caller's again when this has resolved.
   */
  putSegment(name: string, segment: SegmentData): Promise<StoredSegment>;

  /**
   * Reads a whole segment back, into memory that is the caller's alone.
   * @throws DestinationError `ERR_OBJECT_MISSING`, `ERR_OBJECT_MALFORMED`
   */
  getSegment(name: string): Promise<SegmentData>;

  /** Reads `length` bytes from `offset` of the stored object, into memory that is the caller's alone. */
  getRange(range: FrameRange): Promise<Uint8Array>;

  /** Stores a small object durably under `name`. */
  putObject(name: string, kind: ObjectKind, bytes: Uint8Array): Promise<void>;

  /** Reads a small object of at most `limit` bytes. */
  getObject(name: string, limit: number): Promise<Uint8Array>;

  /**
   * All objects whose name begins with `prefix`, ascending by name.
   *
   * @param past of an object's name, another one up to which nothing is of interest: what lies between may be left out
   */
  list(prefix: string, past?: Past): AsyncIterable<ObjectInfo>;

  /** Nothing can be deleted here, for want of the right to. */
  readonly appendOnly?: boolean;

  /** Deletes objects; one that is not there counts as deleted. */
  remove(names: readonly string[]): Promise<void>;

  close(): Promise<void>;
}
