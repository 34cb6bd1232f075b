import type { ItemClass } from '../../database/index.ts';
import type { DecidedRule, DeviceRules } from '../rules/index.ts';
import { type Classifier, classifier, type Origin } from './classify.ts';
import { ruleFor } from './rule-for.ts';

/** Rules made ready to be asked for every item. */
export interface CompiledRules {
  readonly rules: DeviceRules;
  ruleFor(database: string, itemClass: ItemClass): DecidedRule;
  classify(item: Origin & { readonly path: string }): ItemClass;
  /** For the items of one source; the fastest way when there are many. */
  classifier(origin: Origin): Classifier;
}

/** @param unmatched `enterprise` on a managed device, `personal` otherwise */
export function compileRules(rules: DeviceRules, unmatched: ItemClass = 'enterprise'): CompiledRules {
  const decided = new Map<string, DecidedRule>();
  const classifiers = new Map<string, Classifier>();

  const classifierOf = ({ source, label }: Origin): Classifier =>
    cached(classifiers, `${source}\0${label}`, () => classifier(rules, { source, label }, unmatched));

  return {
    rules,
    ruleFor: (database, itemClass) =>
      cached(decided, `${itemClass}\0${database}`, () => ruleFor(rules, database, itemClass)),
    classifier: classifierOf,
    classify: (item) => classifierOf(item)(item.path),
  };
}

function cached<T>(known: Map<string, T>, key: string, make: () => T): T {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}
