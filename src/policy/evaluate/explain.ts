import type { ItemClass } from '../../database/index.ts';
import {
  type DatabaseField,
  type DeviceRules,
  databaseFieldNames,
  type ScopeLevel,
  showDuration,
  showPercent,
} from '../rules/index.ts';
import { DEFAULT } from './defaults.ts';
import { ruleFor } from './rule-for.ts';

/** Where one value of one database and class came from. */
export interface ExplainedValue {
  /** `*` = every database that has no row of its own. */
  readonly database: string;
  readonly class: ItemClass;
  readonly field: DatabaseField;
  readonly value: string;
  /** `default` when no policy says anything. */
  readonly policy: string;
  readonly scope?: ScopeLevel;
}

/** Where a value of the device as a whole came from; named as in a policy file. */
export interface ExplainedSetting {
  readonly setting: string;
  readonly value: string;
  readonly policy: string;
}

export interface Explained {
  readonly databases: readonly ExplainedValue[];
  readonly settings: readonly ExplainedSetting[];
}

/** Every value of a device's rules with the policy that decided it: `policy resolve`. */
export function explain(rules: DeviceRules, databases: readonly string[] = named(rules)): Explained {
  return {
    databases: databases.flatMap((database) =>
      (['enterprise', 'personal'] as const).flatMap((itemClass) => explainOne(rules, database, itemClass)),
    ),
    settings: explainSettings(rules),
  };
}

function named(rules: DeviceRules): string[] {
  return [...Object.keys(rules.databases).filter((name) => name !== '*'), '*'];
}

function explainOne(rules: DeviceRules, database: string, itemClass: ItemClass): ExplainedValue[] {
  const rule = ruleFor(rules, database, itemClass);
  return databaseFieldNames.map((field) => {
    const { value, policy, scope } = rule[field];
    const shown = isShare(field) ? showPercent(Number(value)) : String(value);
    return { database, class: itemClass, field, value: shown, policy, ...(scope ? { scope } : {}) };
  });
}

const isShare = (field: DatabaseField): boolean => field === 'guard.removed' || field === 'guard.changed';

function explainSettings(rules: DeviceRules): ExplainedSetting[] {
  const from = (setting: string): string => {
    const { origins = {} } = rules;
    return Object.hasOwn(origins, setting) ? origins[setting]! : DEFAULT;
  };
  const duration = (setting: string, ms: number | undefined): ExplainedSetting => ({
    setting,
    value: ms === undefined ? 'none' : showDuration(ms),
    policy: from(setting),
  });
  const { unencrypted, whenStale, destinations, schedule, retention, verify } = rules;
  return [
    ...rules.classify.map(({ policy = DEFAULT, class: itemClass, ...condition }) => ({
      setting: 'classify',
      value: `${Object.entries(condition)
        .map(([key, glob]) => `${key} ${glob}`)
        .join(', ')}: ${itemClass}`,
      policy,
    })),
    { setting: 'restore.unencrypted', value: unencrypted.value, policy: unencrypted.policy },
    {
      setting: 'destinations',
      value: destinations.map(({ area }) => area).join(' ') || 'none',
      policy: from('destinations'),
    },
    duration('schedule.every', schedule.every),
    duration('schedule.alertAfter', schedule.alertAfter),
    duration('retention.keep', retention.keep),
    duration('verify.every', verify?.every),
    {
      setting: 'verify.sample',
      value: verify?.sample === undefined ? 'all' : showPercent(verify.sample),
      policy: from('verify.sample'),
    },
    duration('refresh', rules.refresh),
    duration('expires', rules.expires),
    { setting: 'whenStale', value: whenStale.value, policy: whenStale.policy },
  ];
}
