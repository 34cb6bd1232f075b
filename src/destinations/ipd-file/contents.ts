import type { ObjectInfo, ObjectKind } from '../../set/index.ts';
import type { Opening } from './layout.ts';
import type { Payloads } from './payloads.ts';

/** An object and where its bytes lie. */
export type StoredObject =
  | { readonly kind: 'segment'; readonly opening: Opening; readonly payloads: Payloads }
  | { readonly kind: ObjectKind; readonly payloads: Payloads };

/** How far a file got: to its manifest, to a checkpoint, or not even there. */
export type Ending = 'manifest' | 'checkpoint' | 'none';

/** What lies in a file by name, as in a storage area. */
export class Contents {
  readonly #objects = new Map<string, StoredObject>();
  #sorted: string[] | undefined;

  get(name: string): StoredObject | undefined {
    return this.#objects.get(name);
  }

  /** The first object of a name counts; but of checkpoints the last, and a manifest before them. */
  add(name: string, object: StoredObject): void {
    const known = this.#objects.get(name);
    if (
      known &&
      !(known.kind === 'checkpoint' && (object.kind === 'checkpoint' || object.kind === 'manifest'))
    )
      return;
    object.payloads.trim();
    this.#objects.set(name, object);
    this.#sorted = undefined;
  }

  get ending(): Ending {
    let ending: Ending = 'none';
    for (const { kind } of this.#objects.values()) {
      if (kind === 'manifest') return 'manifest';
      if (kind === 'checkpoint') ending = 'checkpoint';
    }
    return ending;
  }

  *list(prefix: string): Generator<ObjectInfo> {
    this.#sorted ??= [...this.#objects.keys()].sort();
    for (const name of this.#sorted)
      if (name.startsWith(prefix)) yield { name, size: this.#objects.get(name)!.payloads.size };
  }
}
