import { describeDatabase, type ItemClass } from '../../database/index.ts';
import type { DatabaseRule, Decided, DecidedRule, DeviceRules } from '../rules/index.ts';

/** The policy named for a value that none decided. */
export const DEFAULT = 'default';

export const byDefault = <T>(value: T): Decided<T> => ({ value, policy: DEFAULT });

/**
 * What holds where no policy says anything: nothing is backed up, and the strictest of the rest. `custody` follows whose
 * data it is: the company's opens the company, and a person's that person too. `compress`,
 * `pad` and `granularity` have no strict side; they are what the format recommends. The guard (U6) is set where
 * ordinary days stay below it.
 */
const rule: DatabaseRule = {
  backup: 'deny',
  encrypt: 'database',
  plain: 'skip',
  custody: 'company',
  compress: 'on',
  pad: 'on',
  granularity: 'batch',
  into: 'deny',
  share: 'deny',
  'guard.removed': 30,
  'guard.changed': 60,
  'guard.atLeast': 25,
};

export function defaultRule(database: string, itemClass: ItemClass): DecidedRule {
  // The length of a compressed text says something about the text: not for passwords and keys.
  const compress = describeDatabase(database).secret ? 'off' : rule.compress;
  const custody = itemClass === 'personal' ? 'any' : rule.custody;
  const values = Object.entries({ ...rule, compress, custody });
  return Object.fromEntries(values.map(([field, value]) => [field, byDefault(value)])) as DecidedRule;
}

export const defaultUnencrypted: DeviceRules['unencrypted'] = byDefault('end');
export const defaultWhenStale: DeviceRules['whenStale'] = byDefault('block');

/** ms */
export const defaultRefresh = 12 * 3_600_000;
export const defaultExpires = 7 * 86_400_000;
