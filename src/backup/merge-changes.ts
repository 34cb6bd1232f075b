import { compareBytes } from '../lib/bytes.ts';
import type { Change, KnownItem } from './catalogue.ts';

/** Applies changes to known items; both ascending by key, so is the result. */
export function* mergeChanges(known: Iterable<KnownItem>, changes: Iterable<Change>): Generator<KnownItem> {
  const items = known[Symbol.iterator]();
  let item = items.next();
  for (const change of changes) {
    while (!item.done && compareBytes(item.value.key, change.item.key) < 0) {
      yield item.value;
      item = items.next();
    }
    if (!item.done && compareBytes(item.value.key, change.item.key) === 0) item = items.next();
    if (change.item.op === 'present') yield change.item;
  }
  for (; !item.done; item = items.next()) yield item.value;
}
