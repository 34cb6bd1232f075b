/** A card as it was found: the small facts that are held for each. */
import { hash } from 'node:crypto';
import { type ListedItem, MAX_UID } from '../../database/index.ts';
import { type CardHead, componentBody } from '../../formats/vobject/index.ts';
import { utf8 } from '../../lib/bytes.ts';
import { type BytePath, fromBytes, shown, toBytes } from '../files/index.ts';
import { Marks, markOf } from '../listing/index.ts';

export const TYPE = 'text/vcard';
export const NAME = 'VCARD';

/** Larger ones are reported and left out. */
export const MAX_CARD = 16 * 1024 * 1024;

/** Begins every uid that is made from content; a `UID` that begins so is not taken as one. */
const BY_CONTENT = 'sha256:';

export interface Card {
  /** As {@link BytePath}: one character a byte. */
  readonly uid: string;
  /** Name of the file within the folder, or of the file itself. */
  readonly file: BytePath;
  readonly offset: number;
  readonly length: number;
  readonly title: string;
  readonly time: number;
  /** SHA-256 of all bytes. */
  readonly digest: Uint8Array;
  /** Of the bytes without `END` and line ends, which the place in a file may change: hex. */
  readonly body: string;
  readonly position: number;
}

export const digestOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'));

export const bodyOf = (bytes: Uint8Array): string =>
  hash('sha256', componentBody(bytes, NAME), 'hex').slice(0, 32);

export function listed(card: Omit<Card, 'body'>): ListedItem {
  return {
    uid: toBytes(card.uid),
    title: card.title,
    type: TYPE,
    time: card.time,
    attributes: { position: card.position },
    // Not the position: it would change with every card before it.
    stamp: card.digest,
    size: card.length,
    path: shown(card.file),
  };
}

/** Gives out uids in the order of cards: each once. */
export class Uids {
  readonly #taken = new Marks();
  readonly #bodies = new Marks();
  /** Of bodies that more than one card has. */
  readonly #copies = new Map<string, number>();

  next(head: CardHead, body: string): string {
    const copy = this.#copy(body);
    const own = head.uid && head.uid.length <= MAX_UID ? fromBytes(head.uid) : BY_CONTENT;
    return own.startsWith(BY_CONTENT) || !this.#taken.add(markOf(own)) ? contentUid(body, copy) : own;
  }

  #copy(body: string): number {
    if (this.#bodies.add(body.slice(0, 16))) return 1;
    const copy = (this.#copies.get(body) ?? 1) + 1;
    this.#copies.set(body, copy);
    return copy;
  }
}

const contentUid = (body: string, copy: number): string =>
  `${BY_CONTENT}${body}${copy === 1 ? '' : `#${copy}`}`;

/** Reads a uid made from content: which card, and the how manieth of its kind. */
export function parseContentUid(uid: string): { body: string; copy: number } | undefined {
  const match = /^sha256:([0-9a-f]{32})(?:#([1-9]\d{0,8}))?$/.exec(uid);
  return match ? { body: match[1]!, copy: Number(match[2] ?? 1) } : undefined;
}

/** The uid under which a restored card is kept beside another one: the same each time it is restored. */
export function uidBeside(uid: string, body: string): string {
  const hex = hash('sha256', utf8(`${uid}\n${body}`), 'hex');
  // RFC 9562 §5.8: version 8, made from anything.
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
