/**
 * Rules: what an administrator may decide (B2, B5, B6, B10, B13). A policy file holds policies as written; the
 * rules section of a policy message holds what results for one device.
 */
import type { ItemClass } from '../../database/index.ts';

/** Who can open what is backed up (U1): the company, the user's own token, either, or only both together. */
export type Custody = 'company' | 'user' | 'any' | 'all';

/** Whose key encrypts (B6), or that nothing is to be encrypted (B10; a storage area never accepts that). */
export type Encrypt = 'none' | 'user' | 'device' | 'database';

/** What can be decided for one database, or for one class across databases. */
export interface DatabaseRule {
  readonly backup: 'allow' | 'deny';
  readonly encrypt: Encrypt;
  /** With `encrypt: none`: leave the data out, or send it plain (B10). */
  readonly plain: 'skip' | 'send';
  readonly custody: Custody;
  /** Compression reveals something about the text by its length: `off` for passwords and key stores. */
  readonly compress: 'on' | 'off';
  /** Padmé padding of frames. */
  readonly pad: 'on' | 'off';
  readonly granularity: 'batch' | 'item';
  /** May a restore write elsewhere than into the native application (`--into`)? */
  readonly into: 'allow' | 'deny';
  /** May its items be shared with another person, who then opens them alone, and come from one (N11)? */
  readonly share: 'allow' | 'deny';
  /** More than this share of the items gone at once, in percent, is a mass (U6); `guard: { removed }` in a file. */
  readonly 'guard.removed': number;
  /** The same of items that changed. */
  readonly 'guard.changed': number;
  /** Fewer items than this are no mass, whatever their share. */
  readonly 'guard.atLeast': number;
}

export type DatabaseField = keyof DatabaseRule;

/** Kinds of scope, from narrow to broad (B2). */
export type ScopeLevel = 'device' | 'deviceClass' | 'group' | 'global';

/** One value of a rule, and the name of the policy that it came from (`default` when none said anything). */
export interface Decided<T> {
  readonly value: T;
  readonly policy: string;
  /** The scope of that policy; absent for defaults. */
  readonly scope?: ScopeLevel;
  /** A value under `classes` from a narrower scope does not replace this one. */
  readonly locked?: true;
}

export type DecidedRule = { readonly [F in DatabaseField]: Decided<DatabaseRule[F]> };

/** A row of {@link DeviceRules}: only what some policy said. */
export type PartialRule = { readonly [F in DatabaseField]?: Decided<DatabaseRule[F]> };

/** The first matching entry assigns the class; every condition that is present has to match. */
export interface ClassifyRule {
  /** Source kind: `vcard`, `folder`, ... */
  readonly source?: string;
  /** Glob over the path below the source. */
  readonly path?: string;
  /** Glob over the source's label. */
  readonly label?: string;
  readonly class: ItemClass;
  /** In resolved rules: the policy that the entry came from. */
  readonly policy?: string;
}

/** How restores treat databases that are not encrypted (B13). */
export type Unencrypted = 'accept' | 'refuse-database' | 'refuse-file' | 'end';

/** The rules of one device: the value of section `rules` in a policy message. Durations are in ms. */
export interface DeviceRules {
  readonly classify: readonly ClassifyRule[];
  /** Rows by exact database name, and `*`. */
  readonly databases: { readonly [name: string]: PartialRule };
  readonly classes: { readonly [C in ItemClass]?: PartialRule };
  readonly unencrypted: Decided<Unencrypted>;
  readonly destinations: readonly { readonly area: string }[];
  readonly schedule: { readonly every?: number; readonly alertAfter?: number };
  readonly retention: { readonly keep?: number };
  /** How often the agent verifies what is stored, and how much of it, in percent; absent: all. */
  readonly verify?: { readonly every?: number; readonly sample?: number };
  readonly refresh: number;
  readonly expires: number;
  /** When the last accepted message has expired: refuse to back up and restore, or go on. */
  readonly whenStale: Decided<'block' | 'allow'>;
  /**
   * Which policy each value came from that does not say it itself, by its name in a policy file
   * (`schedule.every`, `destinations`, ...). Only for showing.
   */
  readonly origins?: { readonly [setting: string]: string };
}
