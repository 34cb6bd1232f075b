/**
 * What the engine is asked for, and what it answers.
 */
import type { ItemClass } from '../database/index.ts';
import type { DeviceRules } from '../policy/rules/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { DatabasePlan, WriterFor } from './contract.ts';

export interface BackupRequest {
  readonly catalogue: Catalogue;
  /** The chain of a share, which its catalogue remembers; absent = this device's backups. */
  readonly chain?: string;
  /** One plan per source; sources of one database have different labels. */
  readonly plans: readonly DatabasePlan[];
  /** Only these items; everything else carries over as it was. */
  readonly items?: readonly Uint8Array[];
  /** A source that had items and now has none was emptied on purpose: its items are deleted. */
  readonly allowEmpty?: boolean;
  /** Read every item and write full indexes. */
  readonly full?: boolean;
  /** Only say what would be done. */
  readonly dryRun?: boolean;
  /** Sequence of the policy message in force; 0 without one. */
  readonly policy: number;
  /** Told of a database before anything of it is put: the random id that the destination will see, and its real name. */
  readonly onDatabase?: (id: string, database: string) => void;
}

/** A database in which so much changed at once that somebody should look. */
export interface MassChange {
  readonly database: string;
  readonly class: ItemClass;
  readonly deleted: number;
  readonly changed: number;
  /** Items before the run. */
  readonly before: number;
}

/** What a run did with one database and class. */
export interface DatabaseReport {
  readonly database: string;
  readonly class: ItemClass;
  /** Items in the set afterwards. */
  readonly items: number;
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
  readonly unchanged: number;
  /** Bytes of items read and sealed. */
  readonly bytes: number;
}

/** Something that was asked for but not done. */
export interface LeftOut {
  readonly database: string;
  /** An item's uid as `showBytes` writes it; absent = the whole database. */
  readonly item?: string;
  readonly code: string;
  readonly reason: string;
  /** The policy that decided so; absent when none did. */
  readonly policy?: string;
}

export interface BackupReport {
  /** Absent after a dry run. */
  readonly set?: SetInfo;
  readonly databases: readonly DatabaseReport[];
  /** Databases in which so much changed that the set waits to be confirmed (U6). */
  readonly massChanges: readonly MassChange[];
  readonly leftOut: readonly LeftOut[];
  /** Bytes handed to the destination. */
  readonly stored: number;
}

/** A backup set as a chain shows it. */
export interface SetInfo {
  readonly device: string;
  readonly chain: string;
  readonly set: string;
  readonly counter: number;
  readonly time: number;
  /** SHA-256 of the manifest, base64url. */
  readonly hash: string;
  /** Bytes that the set added. */
  readonly bytes: number;
  /** So much changed in it that pruning waits until it is confirmed (U6). */
  readonly alert?: true;
  /** Its backup file broke off: the set goes as far as the last checkpoint (B11). */
  readonly unfinished?: true;
}

/** How fresh the newest set of a chain is known to be (U2). */
export type Freshness =
  /** Not older than `counter`, as known at `knownAt` (Unix ms). */
  | { readonly kind: 'known'; readonly counter: number; readonly knownAt: number }
  | { readonly kind: 'unknown' };

/** Which set is meant: nothing given = the newest of this device, else of the user's only other device. */
export interface SetChoice {
  readonly device?: string;
  /** Of that device, only this chain is looked at. */
  readonly chain?: string;
  readonly set?: string;
  /** The newest that was made at or before this time, Unix ms; without `set` only. */
  readonly at?: number;
  /** The newest set of its chain has at least this counter, as the user knows from elsewhere (U2). */
  readonly expect?: number;
  /** Take `set` though its chain is known to go further: the user has been told, and wants it so. */
  readonly acceptOlder?: boolean;
}

/** A set is taken though newer ones are known. */
export interface Older {
  readonly set: SetInfo;
  /** The newest that is known, and since when, Unix ms. */
  readonly known: { readonly counter: number; readonly knownAt: number };
}

/** What of it: nothing given = everything. */
export interface ItemChoice {
  readonly databases?: readonly string[];
  readonly items?: readonly Uint8Array[];
}

export interface RestoreRequest extends SetChoice, ItemChoice {
  readonly writerFor: WriterFor;
  /** What to do with databases that are not encrypted (B13); the default ends the restore. */
  readonly unencrypted?: DeviceRules['unencrypted'];
  /** Only say what would be done: the writers must have been opened accordingly. */
  readonly dryRun?: boolean;
  /** Told before anything is opened; the restore waits for it, and does not go on when it throws. */
  readonly onOlder?: (older: Older) => Promise<void>;
}

export interface RestoredDatabase {
  readonly database: string;
  readonly class: ItemClass;
  readonly added: number;
  readonly replaced: number;
  /** Was there already, byte for byte. */
  readonly kept: number;
  /** Written beside what is there. */
  readonly keptBoth: number;
  readonly bytes: number;
}

export interface RestoreReport {
  readonly set: SetInfo;
  readonly freshness: Freshness;
  /** The counter that is known, when the set was accepted though it is older. */
  readonly older?: Older['known'];
  readonly databases: readonly RestoredDatabase[];
  readonly leftOut: readonly LeftOut[];
}

/** A row of a listing. */
export interface ItemRow {
  readonly database: string;
  readonly class: ItemClass;
  readonly label: string;
  readonly uid: Uint8Array;
  readonly title: string;
  readonly type: string;
  readonly time: number;
  readonly size: number;
}

/** Two sets: nothing given = the newest of this device, or else of the user's only other one, and the one before. */
export interface DiffRequest {
  readonly device?: string;
  /** The set to look at. Default: the newest, of the device of `older` when that is given. */
  readonly newer?: string;
  /** The set to compare it with. Default: the one before it in its chain. */
  readonly older?: string;
  /** The older one is the newest that was made at or before this time, Unix ms; without `older` only. */
  readonly at?: number;
  /** Only these. */
  readonly databases?: readonly string[];
}

/** An item that is not the same in both sets. */
export interface Difference {
  readonly change: 'added' | 'changed' | 'deleted';
  readonly database: string;
  readonly class: ItemClass;
  readonly label: string;
  readonly uid: Uint8Array;
  readonly title: string;
  /** Bytes in the newer set; of a deleted item, in the older one. */
  readonly size: number;
  /** Bytes in the older set; 0 when it is not in it. */
  readonly was: number;
}

/** A database and class in which something is not the same. */
export interface ChangedDatabase {
  readonly database: string;
  readonly class: ItemClass;
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
  /** Bytes of these items: in the newer set, of deleted ones in the older. */
  readonly addedBytes: number;
  readonly changedBytes: number;
  readonly deletedBytes: number;
}

export interface DiffReport {
  readonly older: SetInfo;
  readonly newer: SetInfo;
  readonly freshness: Freshness;
  readonly databases: readonly ChangedDatabase[];
}

export interface VerifyRequest extends SetChoice {
  /** Manifests, segments and envelopes only; no key is used. */
  readonly structureOnly?: boolean;
  /**
   * Open only a share (above 0, at most 1) of the items, at random; at least some of each database. The same seed draws
   * the same ones of the same set.
   */
  readonly sample?: { readonly share: number; readonly seed?: string };
}

export interface VerifyReport {
  readonly set: SetInfo;
  readonly freshness: Freshness;
  readonly segments: number;
  /** Items opened and compared, and their bytes. */
  readonly items: number;
  readonly bytes: number;
  /** Items that the set has, as far as its indexes could be read; 0 when only the structure was checked. */
  readonly listed: number;
  /** When only a share was opened: with this seed it is the same one again. */
  readonly sample?: { readonly share: number; readonly seed: string };
  /** What is damaged, and what that costs. */
  readonly damage: readonly Damage[];
}

/** Something that is not as it was stored, or an item that this costs. */
export interface Damage {
  /** For people. */
  readonly object: string;
  readonly code: string;
  readonly reason: string;
  /** Of an item or an index. */
  readonly database?: string;
  /** An item's uid, as `showBytes` writes it, and its title. */
  readonly item?: string;
  readonly title?: string;
}
