/** One file that is written to: what is in it, and what is to be. */
import type { Written } from '../../database/index.ts';
import type { BytePath, FileIdentity } from '../files/index.ts';
import type { FoundFile, RecordItem } from './found.ts';
import type { Incoming, Stored } from './incoming.ts';
import { copyId, copyOf, isContentId } from './uid.ts';

/** The place of one item: in the file, or new. */
export interface Slot {
  readonly id: string;
  /** As it is in the file. */
  readonly item: RecordItem | undefined;
  /** As it is to be. */
  staged: { readonly parts: readonly Stored[]; readonly position: number } | undefined;
  body: string;
  /** The id under which it was restored. */
  claimed: string | undefined;
}

/** Puts bytes into the staging file, unless it is a dry run. */
export type Stage = (incoming: Incoming) => readonly Stored[];

/** For keeping both: the item under another id. */
export type Renamed = { readonly base: string; readonly incoming: Incoming } | 'kept' | undefined;

export class Target {
  readonly name: BytePath;
  readonly path: BytePath;
  /** As it is; undefined when it is not there. */
  readonly identity: FileIdentity | undefined;
  /** Undefined when it is not there, or empty. */
  readonly found: FoundFile | undefined;
  /** Layouts that are to be, by mark. */
  readonly layouts = new Map<string, Uint8Array>();
  readonly #joins: boolean;
  /** By id without number; the n-th is the n-th of its id in the file. */
  readonly #groups = new Map<string, Slot[]>();
  /** By that and what they hold; those before `next` are taken. Many items may have one id. */
  readonly #byBody = new Map<string, { readonly slots: Slot[]; next: number }>();
  readonly #byItem = new Map<RecordItem, Slot>();
  readonly #claims = new Map<string, Slot>();
  readonly #staged = new Set<Slot>();

  constructor(path: BytePath, found: FoundFile | string, joins: boolean) {
    this.path = path;
    this.#joins = joins;
    if (typeof found === 'string') {
      this.name = found;
      return;
    }
    this.name = found.name;
    this.identity = found.identity;
    if (found.identity.size === 0n) return;
    this.found = found;
    for (const item of found.items) {
      const slot: Slot = { id: item.id, item, staged: undefined, body: item.body, claimed: undefined };
      this.#group(item.base).push(slot);
      this.#hold(item.base, slot);
      this.#byItem.set(item, slot);
    }
  }

  get changed(): boolean {
    return this.#staged.size > 0 || (!this.found && this.layouts.size > 0);
  }

  slotOf(item: RecordItem): Slot {
    return this.#byItem.get(item)!;
  }

  has(id: string): boolean {
    return (this.#groups.get(id)?.length ?? 0) > 0;
  }

  /** New items, in the order in which they stood. */
  added(): Slot[] {
    const position = (slot: Slot): number => slot.staged!.position;
    return [...this.#staged].filter((slot) => !slot.item).sort((a, b) => position(a) - position(b));
  }

  /** @param renamed asked for only when both are to be kept */
  put(
    id: string,
    incoming: Incoming,
    position: number,
    stage: Stage,
    renamed: (() => Renamed) | undefined,
  ): Written {
    const { base, body } = incoming;
    const group = this.#group(base);
    const slot = this.#claims.get(id) ?? group[copyOf(id, base) - 1];
    const free = (slot: Slot): boolean => slot.claimed === undefined || slot.claimed === id;
    const fits = (slot: Slot): boolean => slot.body === body && free(slot);
    // It may also be there as another of its id, when those before it are gone.
    const same = slot && fits(slot) ? slot : this.#holding(base, body, fits);
    if (same) {
      this.#claim(id, same);
      return 'kept';
    }
    if (!slot || !(free(slot) || (this.#joins && !isContentId(base)))) {
      this.#claim(id, this.#add(base, incoming, position, stage));
      return 'added';
    }
    if (!renamed) {
      slot.staged = { parts: stage(incoming), position };
      slot.body = body;
      this.#hold(base, slot);
      this.#staged.add(slot);
      this.#claim(id, slot);
      return 'replaced';
    }
    const beside = renamed();
    if (beside === 'kept' || (beside && this.has(beside.base))) return 'kept';
    this.#add(beside?.base ?? base, beside?.incoming ?? incoming, position, stage);
    return 'kept-both';
  }

  #hold(base: string, slot: Slot): void {
    const key = bodyKey(base, slot.body);
    const held = this.#byBody.get(key);
    if (held) held.slots.push(slot);
    else this.#byBody.set(key, { slots: [slot], next: 0 });
  }

  /** The first one that fits. What does not any more never will again. */
  #holding(base: string, body: string, fits: (slot: Slot) => boolean): Slot | undefined {
    const held = this.#byBody.get(bodyKey(base, body));
    for (let slot = held?.slots[held.next]; slot; slot = held!.slots[++held!.next])
      if (fits(slot)) return slot;
    return undefined;
  }

  #claim(id: string, slot: Slot): void {
    slot.claimed = id;
    this.#claims.set(id, slot);
  }

  #add(base: string, incoming: Incoming, position: number, stage: Stage): Slot {
    const group = this.#group(base);
    const staged = { parts: stage(incoming), position };
    const id = copyId(base, group.length + 1);
    const slot: Slot = { id, item: undefined, staged, body: incoming.body, claimed: undefined };
    group.push(slot);
    this.#hold(base, slot);
    this.#staged.add(slot);
    return slot;
  }

  #group(base: string): Slot[] {
    const known = this.#groups.get(base);
    if (known) return known;
    const group: Slot[] = [];
    this.#groups.set(base, group);
    return group;
  }
}

const bodyKey = (base: string, body: string): string => `${base}\n${body}`;
