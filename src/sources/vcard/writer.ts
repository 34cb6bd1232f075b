/** Writing cards back (U7): what is to be added and replaced is decided and staged here; `commit` carries it out. */
import { mkdirSync, rmdirSync } from 'node:fs';
import {
  type Content,
  type ItemHead,
  SourceError,
  type SourceWriter,
  type WriterOptions,
  type Written,
} from '../../database/index.ts';
import { Splitter, VObjectError, withUid } from '../../formats/vobject/index.ts';
import { concat, showBytes } from '../../lib/bytes.ts';
import {
  type BytePath,
  type FileIdentity,
  fromBytes,
  fromText,
  fsPath,
  notWritten,
  type Place,
  parentOf,
  placeOf,
  sweep,
  Temporaries,
  type Temporary,
  unavailable,
} from '../files/index.ts';
import { bodyOf, type Card, MAX_CARD, NAME, parseContentUid, uidBeside } from './card.ts';
import { type Change, type Composed, composeAll, takePlaces } from './commit.ts';
import { isVcf, scan } from './scan.ts';

/** @param name for messages */
export async function vcardWriter(path: string, name: string, options: WriterOptions): Promise<SourceWriter> {
  try {
    const place = placeOf({ path }, isVcf);
    if (place.exists && !options.dryRun) sweep(place.folder);
    const cards: Card[] = [];
    const take = (card: Card): void => void cards.push(card);
    const files = place.exists ? await scan(place, () => {}, take) : new Map<BytePath, FileIdentity>();
    return new VcardWriter(place, cards, files, name, options);
  } catch (error) {
    throw unavailable(name, error);
  }
}

/** A card that is there, or will be after `commit`. */
interface Known {
  readonly body: string;
  readonly card?: Card | undefined;
}

class VcardWriter implements SourceWriter {
  readonly #place: Place;
  readonly #files: ReadonlyMap<BytePath, FileIdentity>;
  readonly #name: string;
  readonly #options: WriterOptions;
  readonly #known = new Map<string, Known>();
  /** How many cards have this body. */
  readonly #bodies = new Map<string, number>();
  /** How many cards of this body were kept under the name of their content. */
  readonly #kept = new Map<string, number>();
  readonly #changes = new Map<string, Change>();
  readonly #temporaries = new Temporaries();
  #staging: Temporary | undefined;
  #composed: Composed[] | undefined;
  /** The uppermost folder that was made for staging. */
  #made: BytePath | undefined;

  constructor(
    place: Place,
    cards: readonly Card[],
    files: ReadonlyMap<BytePath, FileIdentity>,
    name: string,
    options: WriterOptions,
  ) {
    this.#place = place;
    this.#files = files;
    this.#name = name;
    this.#options = options;
    for (const card of cards) this.#know(card.uid, { body: card.body, card });
  }

  async put(item: ItemHead, _size: number, content: Content): Promise<Written> {
    const bytes = await collect(item, content);
    const ended = oneCard(item, bytes);
    const uid = fromBytes(item.uid);
    const body = bodyOf(bytes);
    const position = item.attributes.position ?? Number.MAX_SAFE_INTEGER;
    const stage = (as: string, what: Uint8Array): void => this.#stage(as, what, ended, position);

    const byContent = parseContentUid(uid);
    if (byContent) {
      if (this.#count(body) >= byContent.copy) {
        this.#kept.set(body, Math.max(byContent.copy, this.#kept.get(body) ?? 0));
        return 'kept';
      }
      stage(uid, bytes);
      return 'added';
    }
    const known = this.#known.get(uid);
    if (!known) {
      stage(uid, bytes);
      return 'added';
    }
    // It may also be there under another uid: as a second card with this `UID`.
    if (known.body === body || this.#count(body) > 0) return 'kept';
    if (!this.#options.keepBoth) {
      // Of several cards of one uid, another one stands first here: it was restored as itself.
      const other = this.#count(known.body) <= (this.#kept.get(known.body) ?? 0);
      if (other) this.#known.delete(uid);
      stage(uid, bytes);
      return other ? 'added' : 'replaced';
    }
    const beside = uidBeside(uid, body);
    if (this.#known.has(beside)) return 'kept';
    stage(beside, withUid(bytes, beside));
    return 'kept-both';
  }

  async prepare(): Promise<void> {
    if (!this.#staging || this.#composed) return;
    try {
      const changes = [...this.#changes.values()];
      this.#composed = composeAll(this.#place, this.#files, changes, this.#staging, this.#temporaries);
    } catch (error) {
      throw notWritten(this.#name, error);
    }
  }

  async commit(): Promise<void> {
    try {
      await this.prepare();
      if (this.#composed) await takePlaces(this.#place, this.#composed);
    } catch (error) {
      throw notWritten(this.#name, error);
    } finally {
      this.#temporaries.discardAll();
      this.#staging = undefined;
      this.#composed = undefined;
    }
  }

  async abort(): Promise<void> {
    this.#temporaries.discardAll();
    this.#staging = undefined;
    if (this.#made === undefined) return;
    try {
      const top = this.#made;
      for (let folder = this.#place.folder; folder.length >= top.length; folder = parentOf(folder)) {
        rmdirSync(fsPath(folder));
      }
    } catch {
      // Someone put something into it: it stays.
    }
  }

  #stage(uid: string, bytes: Uint8Array, ended: boolean, position: number): void {
    const known = this.#known.get(uid);
    this.#know(uid, { body: bodyOf(bytes), card: known?.card });
    if (this.#options.dryRun) return;
    try {
      const staging = (this.#staging ??= this.#openStaging());
      const at = staging.length;
      staging.append(bytes);
      this.#changes.set(uid, { uid, replaces: known?.card, at, length: bytes.length, ended, position });
    } catch (error) {
      throw notWritten(this.#name, error);
    }
  }

  #openStaging(): Temporary {
    const made = mkdirSync(fsPath(this.#place.folder), { recursive: true, mode: 0o700 });
    if (made !== undefined) this.#made = fromText(made);
    return this.#temporaries.create(this.#place.folder, 0o600);
  }

  #know(uid: string, known: Known): void {
    const before = this.#known.get(uid);
    if (before) this.#bodies.set(before.body, this.#count(before.body) - 1);
    this.#known.set(uid, known);
    this.#bodies.set(known.body, this.#count(known.body) + 1);
  }

  #count(body: string): number {
    return this.#bodies.get(body) ?? 0;
  }
}

async function collect(item: ItemHead, content: Content): Promise<Uint8Array> {
  if (content.kind === 'bytes') return content.bytes;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content.chunks) {
    length += chunk.length;
    if (length > MAX_CARD) throw notACard(item, `it has more than ${MAX_CARD} bytes`);
    parts.push(chunk.slice());
  }
  return concat(...parts);
}

/** Anything else would make the other cards of the file unreadable. @returns whether it has its `END` */
function oneCard(item: ItemHead, bytes: Uint8Array): boolean {
  try {
    const splitter = new Splitter(NAME, MAX_CARD);
    const [piece, ...more] = [...splitter.push(bytes), ...splitter.end()];
    if (piece?.kind === 'component' && more.length === 0 && piece.bytes.length === bytes.length)
      return piece.ended;
  } catch (error) {
    if (!(error instanceof VObjectError)) throw error;
  }
  throw notACard(item, 'it is not one vCard');
}

const notACard = (item: ItemHead, why: string): SourceError =>
  new SourceError('ERR_SOURCE_FORMAT', `${item.title || showBytes(item.uid)} was not written: ${why}`);
