/**
 * Data: a folder tree like a phone's content, made from a seed and never from the clock, and the changes of later
 * rounds. Every contender is given the same tree.
 */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Kind, makeItem } from './items.ts';
import { Random } from './random.ts';
import { changeSingle, makeSingle } from './single.ts';
import { type Amounts, countsOf } from './sizes.ts';

export { type Kind, kinds } from './items.ts';
export { type Amounts, type Size, sizes } from './sizes.ts';

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

/** Only these change: nobody edits a photo. */
const changing = (kind: Kind): boolean => kind !== 'photos' && kind !== 'recordings';

export class Tree {
  readonly root: string;
  /** The folders in it, each the source of one database. */
  readonly folders: readonly Kind[];
  /** A file that never changes, as a path below the root: the one that phase `item` brings back. */
  readonly item: string | undefined;
  readonly #kept: number;
  readonly #seed: string;
  readonly #single: number | undefined;
  readonly #live: Live[] = [];
  readonly #next = new Map<Kind, number>();
  readonly #made = new Set<string>();
  #round = 0;

  private constructor(root: string, amounts: Amounts, seed: string) {
    this.root = root;
    this.#seed = seed;
    this.#single = amounts.single;
    const counts = countsOf(amounts);
    this.folders = counts.map(([kind]) => kind);
    const messages = counts.find(([kind]) => kind === 'messages');
    this.#kept = messages ? messages[1] >> 1 : -1;
    this.item = messages && makeItem(seed, 'messages', this.#kept, 0).path;
  }

  /** Writes a tree into `root`. */
  static make(root: string, amounts: Amounts, seed = '1'): { tree: Tree; amount: Amount } {
    const tree = new Tree(root, amounts, seed);
    if (amounts.single !== undefined) {
      makeSingle(join(root, 'chats'), amounts.single, seed);
      return { tree, amount: { files: 1, bytes: amounts.single } };
    }
    let bytes = 0;
    for (const [kind, count] of countsOf(amounts)) {
      tree.#next.set(kind, count);
      for (let index = 0; index < count; index++) {
        const item = { kind, index, version: 0 };
        tree.#live.push(item);
        bytes += tree.#write(item);
      }
    }
    return { tree, amount: { files: tree.#live.length, bytes } };
  }

  /**
   * Of 1 % of the items 70 % are edited, 20 % come new and 10 % go; or, so that there are as many afterwards, of the rest
   * as many come as go.
   * @returns what was written
   */
  changeOnePercent({ steady = false } = {}): Amount {
    this.#round++;
    const random = new Random(`${this.#seed}/round/${this.#round}`);
    if (this.#single !== undefined) return changeSingle(join(this.root, 'chats'), this.#single, random);
    const places = this.#choose(random);
    let bytes = 0;
    const gone: number[] = [];
    const edited = Math.ceil(places.length * 0.7);
    // In turn one more, and one less.
    const half = Math.floor((places.length - edited + (this.#round % 2)) / 2);
    const come = edited + (steady ? half : Math.ceil(places.length * 0.9) - edited);
    for (const [n, place] of places.entries()) {
      const chosen = this.#live[place]!;
      if (n < edited) {
        chosen.version = this.#round;
        bytes += this.#write(chosen);
      } else if (n < come) {
        const index = this.#next.get(chosen.kind)!;
        this.#next.set(chosen.kind, index + 1);
        const added = { kind: chosen.kind, index, version: this.#round };
        this.#live.push(added);
        bytes += this.#write(added);
      } else {
        gone.push(place);
        rmSync(join(this.root, makeItem(this.#seed, chosen.kind, chosen.index, chosen.version).path));
      }
    }
    // From the back, so that the places of the others stay what they are.
    for (const place of gone.sort((a, b) => b - a)) {
      const last = this.#live.pop()!;
      if (place < this.#live.length) this.#live[place] = last;
    }
    return { files: places.length, bytes };
  }

  /** Places of 1 % of the items that may change, each at most once. */
  #choose(random: Random): number[] {
    const places = [...this.#live.keys()].filter((place) => {
      const { kind, index } = this.#live[place]!;
      return changing(kind) && !(kind === 'messages' && index === this.#kept);
    });
    const count = Math.max(1, Math.round(places.length / 100));
    for (let n = 0; n < count; n++) {
      const other = random.between(n, places.length - 1);
      [places[n], places[other]] = [places[other]!, places[n]!];
    }
    return places.slice(0, count);
  }

  #write({ kind, index, version }: Live): number {
    const item = makeItem(this.#seed, kind, index, version);
    const path = join(this.root, item.path);
    const directory = dirname(path);
    if (!this.#made.has(directory)) mkdirSync(directory, { recursive: true });
    this.#made.add(directory);
    writeFileSync(path, item.bytes);
    utimesSync(path, item.modified, item.modified);
    return item.bytes.length;
  }
}
