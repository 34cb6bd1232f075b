import type { ItemClass } from '../../database/index.ts';
import { type ClassifyRule, compileGlob, type DeviceRules } from '../rules/index.ts';

/** Where an item comes from. */
export interface Origin {
  /** Source kind: `vcard`, `folder`, ... */
  readonly source: string;
  /** What the user called the source. */
  readonly label: string;
}

export type Classifier = (path: string) => ItemClass;

/**
 * The class of items of one source, by path: the first entry that matches assigns it. Looks at kind and label
 * once, for there may be a hundred thousand paths.
 *
 * @param unmatched `enterprise` on a managed device, `personal` otherwise
 */
export function classifier(
  rules: DeviceRules,
  origin: Origin,
  unmatched: ItemClass = 'enterprise',
): Classifier {
  const entries = rules.classify
    .filter((entry) => comesFrom(entry, origin))
    .map((entry) => ({
      class: entry.class,
      matches: entry.path === undefined ? () => true : compileGlob(entry.path),
    }));
  return (path) => entries.find(({ matches }) => matches(path))?.class ?? unmatched;
}

/** The class of one item; {@link classifier} is for many. */
export function classify(
  rules: DeviceRules,
  item: Origin & { readonly path: string },
  unmatched?: ItemClass,
): ItemClass {
  return classifier(rules, item, unmatched)(item.path);
}

function comesFrom(entry: ClassifyRule, { source, label }: Origin): boolean {
  if (entry.source !== undefined && entry.source !== source) return false;
  return entry.label === undefined || compileGlob(entry.label)(label);
}
