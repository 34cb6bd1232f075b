/**
 * `spread: MS` of a wake-up: all that are told at the same time are to come within this. A field of the event beside
 * what the client of the API passes on, read as it goes by.
 */
import { spreadSchema } from '../../../api/server/index.ts';
import type { FetchAnswer } from '../../../transport/http/index.ts';
import type { Fetch } from './busy.ts';

/** Longer lines hold nothing that is looked for. */
const MAX_LINE = 64;
/** Events that came and were not asked about; a server that sends more at once has its first ones forgotten. */
const MOST = 16;

export class Spreads {
  readonly #heard = new Map<number, number>();

  /** The same way, whose event streams are read along. */
  along(fetch: Fetch): Fetch {
    return async (url, request) => {
      const answer = await fetch(url, request);
      const { body } = answer;
      return body === null ? answer : { ...answer, body: this.#read(body) };
    };
  }

  /** ms that belong to the event of this sequence; 0 when it says nothing. */
  of(seq: number): number {
    const spread = this.#heard.get(seq) ?? 0;
    this.#heard.delete(seq);
    return spread;
  }

  async *#read(body: NonNullable<FetchAnswer['body']>): AsyncGenerator<Uint8Array> {
    const decoder = new TextDecoder('latin1');
    let rest = '';
    let spread = 0;
    for await (const piece of body) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = (lines.pop() ?? '').slice(0, MAX_LINE + 1);
      for (const line of lines) {
        const [, name, value] = /^(spread|data): (\d{1,16})$/.exec(line) ?? [];
        if (name === 'spread') spread = spreadSchema.safeParse(Number(value), { jitless: true }).data ?? 0;
        else if (name === 'data' && spread > 0) this.#hear(Number(value), spread);
        if (line === '') spread = 0;
      }
      yield piece;
    }
  }

  #hear(seq: number, spread: number): void {
    this.#heard.set(seq, spread);
    if (this.#heard.size > MOST) this.#heard.delete(this.#heard.keys().next().value!);
  }
}
