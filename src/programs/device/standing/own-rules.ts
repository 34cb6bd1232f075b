import { type CompiledRules, compileRules } from '../../../policy/evaluate/index.ts';
import type { Decided, DeviceRules } from '../../../policy/rules/index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * The rules of a device that no policy governs: everything is backed up for its owner's ways in, and goes wherever the
 * owner restores it to.
 */
export function ownRules(areas: readonly string[]): CompiledRules {
  const rules: DeviceRules = {
    classify: [],
    databases: {
      '*': {
        backup: builtIn('allow'),
        encrypt: builtIn('user'),
        custody: builtIn('user'),
        compress: builtIn('on'),
        pad: builtIn('on'),
        into: builtIn('allow'),
        share: builtIn('allow'),
      },
    },
    classes: {},
    unencrypted: builtIn('refuse-database'),
    destinations: areas.map((area) => ({ area })),
    schedule: areas.length > 0 ? { every: DAY, alertAfter: 5 * DAY } : {},
    retention: {},
    refresh: 12 * HOUR,
    expires: 400 * DAY,
    whenStale: builtIn('allow'),
  };
  return compileRules(rules, 'personal');
}

const builtIn = <T>(value: T): Decided<T> => ({ value, policy: 'built-in' });
