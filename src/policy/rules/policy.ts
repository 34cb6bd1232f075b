/**
 * A policy as an administrator wrote it: the value of a policy file. Every part but name and scope may be
 * left out, and then says nothing (docs/policy.md).
 */
import type { ItemClass } from '../../database/index.ts';
import type { ClassifyRule, DatabaseRule, DeviceRules, ScopeLevel, Unencrypted } from './rules.ts';

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

export type DatabaseRow = Partial<DatabaseRule> & Lockable;

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
  readonly refresh?: Duration;
  readonly expires?: Duration;
  readonly whenStale?: DeviceRules['whenStale']['value'];
}

/** The one kind of scope that is written, and its names. */
export function scopeOf(scope: Scope): { readonly level: ScopeLevel; readonly names: readonly string[] } {
  if ('devices' in scope) return { level: 'device', names: scope.devices };
  if ('deviceClasses' in scope) return { level: 'deviceClass', names: scope.deviceClasses };
  if ('groups' in scope) return { level: 'group', names: scope.groups };
  return { level: 'global', names: [] };
}
