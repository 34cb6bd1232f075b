/** Whether the layout of a file goes without saying. */
import { compareBytes, concat, fromHex } from '../../lib/bytes.ts';
import { markOf } from '../listing/index.ts';
import { sha256 } from './digest.ts';
import type { RecordKind } from './kind.ts';
import { type LayoutPiece, LayoutWriter } from './layout.ts';

interface OnlyItem {
  readonly id: string;
  readonly parts: readonly unknown[];
  /** Of all parts, with commas between them. */
  readonly ends: string;
}

/**
 * It holds one item, in the wrapper that a writer would make for that.
 *
 * @param item the only one of the file
 */
export function isUsual(item: OnlyItem, layout: readonly LayoutPiece[], kind: RecordKind): boolean {
  const [piece, ...others] = layout;
  if (!piece || others.length > 0) return false;
  const { before, after } = kind.wrapper(1, item.id);
  const usual = new LayoutWriter();
  usual.gap(concat(before, kind.separator(before, 'part', true)));
  for (const _ of item.parts) usual.part(fromHex(markOf(item.id)));
  const tail = fromHex(item.ends.slice(item.ends.lastIndexOf(',') + 1));
  if (after.length > 0) usual.gap(concat(kind.separator(tail, 'gap', true), after));
  return compareBytes(sha256(usual.finish()), piece.digest) === 0;
}
