import type { ItemClass } from '../../database/index.ts';
import {
  type Decided,
  type DecidedRule,
  type DeviceRules,
  databaseFieldNames,
  type PartialRule,
} from '../rules/index.ts';
import { LEVELS } from './applicable.ts';
import { defaultRule } from './defaults.ts';

/** What holds for the items of one class in one database: every field decided, and by which policy. */
export function ruleFor(rules: DeviceRules, database: string, itemClass: ItemClass): DecidedRule {
  const exact = rowOf(rules, database);
  const others = rowOf(rules, '*');
  const ofClass = rules.classes[itemClass];
  const fallback = defaultRule(database, itemClass);
  const entries = databaseFieldNames.map((field) => {
    const byDatabase = exact?.[field] ?? others?.[field];
    return [field, combine(byDatabase, ofClass?.[field]) ?? fallback[field]];
  });
  return itemClass === 'enterprise'
    ? keptInside(Object.fromEntries(entries) as DecidedRule)
    : (Object.fromEntries(entries) as DecidedRule);
}

/**
 * Whoever opens alone restores wherever they like: the user does not, nor anyone that they share with, where policy keeps
 * the company's data from going elsewhere (U1, N11). Nobody gets more by that than custody said.
 */
function keptInside(rule: DecidedRule): DecidedRule {
  const { custody, into } = rule;
  if (into.value === 'allow') return rule;
  const inside = rule.share.value === 'allow' ? { ...rule, share: into } : rule;
  if (custody.value === 'company' || custody.value === 'all') return inside;
  return { ...inside, custody: { ...into, value: custody.value === 'any' ? 'company' : 'all' } };
}

function rowOf({ databases }: DeviceRules, name: string): PartialRule | undefined {
  // A database may be called `constructor`.
  return Object.hasOwn(databases, name) ? databases[name] : undefined;
}

/** The class replaces the database, but no deny (B5) and nothing that a broader scope has locked. */
function combine(
  byDatabase: Decided<unknown> | undefined,
  byClass: Decided<unknown> | undefined,
): Decided<unknown> | undefined {
  if (!byDatabase || !byClass) return byClass ?? byDatabase;
  if (byDatabase.value === 'deny') return byDatabase;
  if (byClass.value === 'deny') return byClass;
  return byDatabase.locked && levelOf(byClass) < levelOf(byDatabase) ? byDatabase : byClass;
}

const levelOf = ({ scope }: Decided<unknown>): number => (scope ? LEVELS.indexOf(scope) : LEVELS.length);
