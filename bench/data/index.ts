/**
 * Data: a folder tree like a phone's content, made from a seed and never from the clock, and the changes of later
 * rounds. Every contender is given the same tree.
 */
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Kind, kinds, makeItem } from './items.ts';
import { Random } from './random.ts';

export { type Kind, kinds } from './items.ts';

export type Size = 's' | 'goal';

/** Small items and photos. Of 100 small items 60 are messages, 15 mails, 10 contacts, 10 events, 5 memos. */
export const sizes: { readonly [S in Size]: { readonly small: number; readonly photos: number } } = {
  s: { small: 12_000, photos: 7 },
  goal: { small: 100_000, photos: 50 },
};

const SHARES: readonly [Kind, number][] = [
  ['messages', 0.6],
  ['mail', 0.15],
  ['contacts', 0.1],
  ['calendar', 0.1],
  ['memos', 0.05],
];

/** What a tree holds, or what a round of changes wrote. */
export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

interface Live {
  readonly kind: Kind;
  readonly index: number;
  version: number;
}

export class Tree {
  readonly root: string;
  readonly #seed: string;
  readonly #live: Live[] = [];
  readonly #next = new Map<Kind, number>();
  readonly #made = new Set<string>();
  #round = 0;

  private constructor(root: string, seed: string) {
    this.root = root;
    this.#seed = seed;
  }

  /** Writes a tree into `root`. */
  static async make(root: string, size: Size, seed = '1'): Promise<{ tree: Tree; amount: Amount }> {
    const tree = new Tree(root, seed);
    const { small, photos } = sizes[size];
    const counts = [...SHARES.map(([kind, share]) => [kind, Math.round(small * share)] as const)];
    let bytes = 0;
    for (const [kind, count] of [...counts, ['photos', photos] as const]) {
      tree.#next.set(kind, count);
      for (let index = 0; index < count; index++) {
        const item = { kind, index, version: 0 };
        tree.#live.push(item);
        bytes += await tree.#write(item);
      }
    }
    return { tree, amount: { files: tree.#live.length, bytes } };
  }

  /** Of 1 % of the items 70 % are edited, 20 % come new and 10 % go; photos stay as they are. */
  async changeOnePercent(): Promise<Amount> {
    this.#round++;
    const random = new Random(`${this.#seed}/round/${this.#round}`);
    const small = this.#live.filter((item) => item.kind !== 'photos');
    const count = Math.round(small.length / 100);
    let bytes = 0;
    for (let n = 0; n < count; n++) {
      const chosen = small.splice(random.between(0, small.length - 1), 1)[0]!;
      if (n < count * 0.7) {
        chosen.version = this.#round;
        bytes += await this.#write(chosen);
      } else if (n < count * 0.9) {
        const index = this.#next.get(chosen.kind)!;
        this.#next.set(chosen.kind, index + 1);
        const added = { kind: chosen.kind, index, version: this.#round };
        this.#live.push(added);
        bytes += await this.#write(added);
      } else {
        this.#live.splice(this.#live.indexOf(chosen), 1);
        await rm(join(this.root, makeItem(this.#seed, chosen.kind, chosen.index, chosen.version).path));
      }
    }
    return { files: count, bytes };
  }

  async #write({ kind, index, version }: Live): Promise<number> {
    const item = makeItem(this.#seed, kind, index, version);
    const path = join(this.root, item.path);
    const directory = dirname(path);
    if (!this.#made.has(directory)) await mkdir(directory, { recursive: true });
    this.#made.add(directory);
    await writeFile(path, item.bytes);
    await utimes(path, item.modified, item.modified);
    return item.bytes.length;
  }
}

/** The folders of a tree, each the source of one database. */
export const folders: readonly { readonly folder: Kind; readonly database: string }[] = (
  Object.entries(kinds) as [Kind, { database: string }][]
).map(([folder, { database }]) => ({ folder, database }));
