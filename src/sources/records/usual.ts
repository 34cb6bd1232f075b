/** Whether the layout of a file goes without saying. */
import { compareBytes, concat, fromHex } from '../../lib/bytes.ts';
import { sha256 } from './digest.ts';
import { type FoundFile, partsOf } from './found.ts';
import type { RecordKind } from './kind.ts';
import { LayoutWriter } from './layout.ts';

/** It holds one item, in the wrapper that a writer would make for that. */
export function isUsual(file: FoundFile, kind: RecordKind): boolean {
  const [item, ...more] = file.items;
  const [layout, ...others] = file.layout;
  if (!item || !layout || more.length > 0 || others.length > 0) return false;
  const { before, after } = kind.wrapper(1, item.id);
  const usual = new LayoutWriter();
  usual.gap(concat(before, kind.separator(before, 'part', true)));
  for (const _ of partsOf(item)) usual.part(item.mark);
  const tail = fromHex(item.ends.slice(item.ends.lastIndexOf(',') + 1));
  if (after.length > 0) usual.gap(concat(kind.separator(tail, 'gap', true), after));
  return compareBytes(sha256(usual.finish()), layout.digest) === 0;
}
