/** An item to be written: cut into its parts, hashed, and its bytes put by. */
import { type Content, type ItemHead, SourceError } from '../../database/index.ts';
import { concat, showBytes } from '../../lib/bytes.ts';
import { BaseError } from '../../lib/errors.ts';
import type { Temporary } from '../files/index.ts';
import { bodyOf, type PartDigest, PartHasher } from './digest.ts';
import type { RecordKind } from './kind.ts';
import { contentId, ownId } from './uid.ts';

/** Bytes of a part: at hand, or in the staging file. */
export type Stored =
  | { readonly in: 'memory'; readonly bytes: Uint8Array }
  | { readonly in: 'staging'; readonly offset: number; readonly length: number };

export interface Incoming {
  /** The id that its bytes give it. */
  readonly base: string;
  readonly body: string;
  readonly parts: readonly Stored[];
}

/**
 * @param staging where the bytes of a large item go as they come; undefined in a dry run
 * @throws SourceError `ERR_SOURCE_FORMAT` when it is not exactly one item, which would harm the others of the file
 */
export async function receive(
  item: ItemHead,
  content: Content,
  kind: RecordKind,
  staging: (() => Temporary) | undefined,
): Promise<Incoming> {
  const receiver = new Receiver(kind, content.kind === 'bytes' ? 'memory' : staging);
  try {
    if (content.kind === 'bytes') receiver.take(content.bytes);
    else for await (const chunk of content.chunks) receiver.take(chunk);
    return receiver.end();
  } catch (error) {
    const why = error instanceof NotOne ? `it is not ${kind.one}` : undefined;
    if (why === undefined && !isFormatError(error)) throw error;
    const message = `${item.title || showBytes(item.uid)} was not written: ${why ?? (error as Error).message}`;
    throw new SourceError('ERR_SOURCE_FORMAT', message, { cause: error });
  }
}

class NotOne extends Error {}

const isFormatError = (error: unknown): boolean =>
  error instanceof BaseError && /^ERR_(VOBJECT|SMS_XML)/.test(error.code);

class Receiver {
  readonly #kind: RecordKind;
  readonly #to: 'memory' | (() => Temporary) | undefined;
  readonly #cutter;
  readonly #parts: Stored[] = [];
  readonly #digests: PartDigest[] = [];
  readonly #ids = new Set<string | undefined>();
  #hasher: PartHasher | undefined;
  #bytes: Uint8Array[] = [];
  #offset = 0;
  #length = 0;

  constructor(kind: RecordKind, to: 'memory' | (() => Temporary) | undefined) {
    this.#kind = kind;
    this.#to = to;
    this.#cutter = kind.cutter(true);
  }

  take(chunk: Uint8Array): void {
    this.#cuts(this.#cutter.push(chunk));
  }

  end(): Incoming {
    this.#cuts(this.#cutter.end());
    const [own] = this.#ids;
    const several = this.#parts.length > 1;
    if (this.#parts.length === 0 || this.#ids.size > 1 || (several && !(this.#kind.joins && own)))
      throw new NotOne();
    const body = bodyOf(this.#digests);
    return { base: own ?? contentId(body), body, parts: this.#parts };
  }

  #cuts(
    cuts: ReturnType<RecordKind['cutter']> extends { push(chunk: Uint8Array): infer C } ? C : never,
  ): void {
    for (const cut of cuts) {
      if (cut.kind === 'gap') throw new NotOne();
      if (cut.kind === 'part') this.#part(cut.bytes);
      else if (cut.facts) this.#endPart(ownId(this.#kind.id(cut.facts)));
      else throw new NotOne();
    }
    this.#hasher?.own();
  }

  #part(bytes: Uint8Array): void {
    if (!this.#hasher) {
      this.#hasher = new PartHasher();
      this.#length = 0;
      this.#bytes = [];
    }
    this.#hasher.update(bytes);
    if (this.#to === 'memory') this.#bytes.push(bytes);
    else if (this.#to) {
      const staging = this.#to();
      if (this.#length === 0) this.#offset = staging.length;
      staging.append(bytes);
    }
    this.#length += bytes.length;
  }

  #endPart(id: string | undefined): void {
    this.#digests.push(this.#hasher!.end());
    this.#hasher = undefined;
    this.#ids.add(id);
    // Copied: the bytes that were handed in are valid only until the next ones.
    if (this.#to === 'memory') this.#parts.push({ in: 'memory', bytes: concat(...this.#bytes) });
    else this.#parts.push({ in: 'staging', offset: this.#offset, length: this.#length });
  }
}
