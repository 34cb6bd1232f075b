/**
 * A policy as an administrator wrote it: the value of a policy file. Every part but name and scope may be
 * left out, and then says nothing (docs/policy.md).
 */
import type { ItemClass } from '../../database/index.ts';
import { percentValue } from './percent.ts';
import type {
  ClassifyRule,
  DatabaseField,
  DatabaseRule,
  DeviceRules,
  ScopeLevel,
  Unencrypted,
} from './rules.ts';

/** `30s`, `15m`, `24h`, `7d`: see {@link durationMs}. */
export type Duration = string;

/** Whom a policy is for (B2): exactly one of these. */
export type Scope =
  | { readonly global: true }
  | { readonly groups: readonly string[] }
  | { readonly deviceClasses: readonly string[] }
  | { readonly devices: readonly string[] };

/** `locked: true` fixes what is said beside it against narrower scopes. */
export interface Lockable {
  readonly locked?: boolean;
}

/** `30%`: see {@link percentValue}. */
export type Percent = string;

/** When a change of a database is so large that somebody should look (U6). */
export interface Guard {
  readonly removed?: Percent;
  readonly changed?: Percent;
  readonly atLeast?: number;
}

export type DatabaseRow = Partial<Omit<DatabaseRule, `guard.${string}`>> & {
  readonly guard?: Guard;
} & Lockable;

export type ClassifyEntry = Omit<ClassifyRule, 'policy'> & Lockable;

export interface Policy {
  /** Unique on a server. Shown wherever one of the policy's values takes effect. */
  readonly name: string;
  readonly scope: Scope;
  readonly classify?: readonly ClassifyEntry[];
  /** Rows by exact database name; `*` for every database that no row names. */
  readonly databases?: { readonly [database: string]: DatabaseRow };
  readonly classes?: { readonly [C in ItemClass]?: DatabaseRow };
  readonly restore?: { readonly unencrypted?: Unencrypted } & Lockable;
  readonly destinations?: readonly { readonly area: string }[];
  readonly schedule?: { readonly every?: Duration; readonly alertAfter?: Duration } & Lockable;
  readonly retention?: { readonly keep?: Duration } & Lockable;
  readonly verify?: { readonly every?: Duration; readonly sample?: Percent } & Lockable;
  readonly refresh?: Duration;
  readonly expires?: Duration;
  readonly whenStale?: DeviceRules['whenStale']['value'];
}

/** What a row says of one field, as rules hold it; undefined where it says nothing. */
export function rowValue(row: DatabaseRow, field: DatabaseField): string | number | undefined {
  switch (field) {
    case 'guard.removed':
      return share(row.guard?.removed);
    case 'guard.changed':
      return share(row.guard?.changed);
    case 'guard.atLeast':
      return row.guard?.atLeast;
    default:
      return row[field];
  }
}

const share = (text: Percent | undefined): number | undefined =>
  text === undefined ? undefined : percentValue(text);

/** The one kind of scope that is written, and its names. */
export function scopeOf(scope: Scope): { readonly level: ScopeLevel; readonly names: readonly string[] } {
  if ('devices' in scope) return { level: 'device', names: scope.devices };
  if ('deviceClasses' in scope) return { level: 'deviceClass', names: scope.deviceClasses };
  if ('groups' in scope) return { level: 'group', names: scope.groups };
  return { level: 'global', names: [] };
}
