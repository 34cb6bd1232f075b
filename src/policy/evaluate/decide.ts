import type { Decided, Policy } from '../rules/index.ts';
import { type Applied, LEVELS } from './applicable.ts';

/** What one policy says about one value. */
export interface Said<T> {
  readonly by: Applied;
  readonly value: T;
  readonly locked: boolean;
}

/** What each policy says where `read` looks; nothing where it says nothing. Keeps the order, narrowest first. */
export function collect<R extends { readonly locked?: boolean }, T>(
  applied: readonly Applied[],
  row: (policy: Policy) => R | undefined,
  read: (row: R) => T | undefined,
): Said<T>[] {
  return applied.flatMap((by) => {
    const found = row(by.policy);
    const value = found && read(found);
    return value === undefined ? [] : [{ by, value, locked: found?.locked === true }];
  });
}

/** The broadest scope that locked the value: what narrower ones say counts no more. -1 = none did. */
export const lockLevel = (said: readonly Said<unknown>[]): number =>
  said.reduce((level, { by, locked }) => (locked ? Math.max(level, by.level) : level), -1);

/**
 * One value, from what the policies say about it (narrowest first): any `deny` wins, also over a lock; then what
 * is not narrower than a lock; then the narrowest. `outerLock` is a lock that was put on a broader row.
 */
export function decide<T>(said: readonly Said<T>[], outerLock = -1): Decided<T> | undefined {
  const lock = Math.max(lockLevel(said), outerLock);
  const chosen = said.find(({ value }) => value === 'deny') ?? said.find(({ by }) => by.level >= lock);
  if (!chosen) return undefined;
  const { value, by, locked } = chosen;
  const decided = { value, policy: by.policy.name, scope: LEVELS[by.level]! };
  return locked ? { ...decided, locked } : decided;
}
