/** What one kind of record files has of its own. */
import type { Cutter, Facts } from '../../formats/cut/index.ts';
import type { BytePath } from '../files/index.ts';

export interface RecordKind {
  /** Of the source. */
  readonly kind: string;
  /** Media type of its items. */
  readonly type: string;
  /** How messages call one: `a calendar component`. */
  readonly one: string;

  /** Whether a file of this name belongs to a folder; `begins` looks at its first bytes. */
  isOurs(name: BytePath, begins: (text: string) => boolean): boolean;
  /**
   * Whether a path that does not exist yet is to be a file, not a folder.
   *
   * @param several items of several files are to go there
   */
  isFile(name: BytePath, several: boolean): boolean;
  /** In a folder, for items that came from no named file. */
  fileFor(id: string): BytePath;

  /** @param bare for the bytes of one item, not of a file */
  cutter(bare: boolean): Cutter;
  /** The id of a part; undefined: it is named by its content. */
  id(facts: Facts): string | undefined;
  /** Whether parts of one id are one item together. */
  readonly joins: boolean;

  /** What stands around the items of a new file. */
  wrapper(count: number, firstId: string): { readonly before: Uint8Array; readonly after: Uint8Array };
  /** Where in the bytes of a file without items they are to go; the two halves may be changed for that. */
  split(gap: Uint8Array): readonly [Uint8Array, Uint8Array];
  /**
   * What must stand before a part, or before a gap behind a part, when it was put there.
   *
   * @param tail the last bytes before it; empty at the beginning of the file
   * @param loose whether the two did not stand together before
   */
  separator(tail: Uint8Array, next: 'part' | 'gap', loose: boolean): Uint8Array;
  /** The first gap with another number of items, when it says one; `change` is what there is more. */
  recount(gap: Uint8Array, change: number): Uint8Array;
  /**
   * For keeping both: the parts under another id, made of `seed`, which is hexadecimal. Undefined: they stay as they
   * are and become another item of the id. `kept`: there can be only one.
   */
  renamed(
    parts: readonly Uint8Array[],
    seed: string,
    id: string,
  ): { readonly id: string; readonly parts: readonly Uint8Array[] } | 'kept' | undefined;
}
