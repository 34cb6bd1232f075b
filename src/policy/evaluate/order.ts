import type { ClassifyRule } from '../rules/index.ts';
import type { Applied } from './applicable.ts';

/**
 * All entries of `classify` in the order in which they are asked: locked ones of the broadest scope first, then
 * the others of the narrowest scope first; within a policy as written.
 */
export function orderClassify(applied: readonly Applied[]): ClassifyRule[] {
  const entries = applied.flatMap(({ policy, level }) =>
    (policy.classify ?? []).map(({ locked, ...rule }) => ({
      level,
      locked: locked === true,
      rule: { ...rule, policy: policy.name },
    })),
  );
  const locked = entries.filter((entry) => entry.locked).sort((a, b) => b.level - a.level);
  return [...locked, ...entries.filter((entry) => !entry.locked)].map(({ rule }) => rule);
}
