import { ByteWriter } from '../../lib/binary.ts';
import { concat, toBase64Url, utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import type { VerifyRequest } from '../requests.ts';

/** Draws a share of many things, by a seed: with the same one, the same things are drawn again. */
export class Sample {
  readonly share: number;
  readonly seed: string;
  readonly #platform: Platform;
  #drawn = 0;

  constructor(platform: Platform, { share, seed }: NonNullable<VerifyRequest['sample']>) {
    this.#platform = platform;
    this.share = share;
    this.seed = seed ?? toBase64Url(platform.random(9));
  }

  /** 0 to below 1. */
  #draw(): number {
    const counter = new ByteWriter(4).u32(this.#drawn++).finish();
    const hash = this.#platform.sha256(concat(utf8(this.seed), counter));
    return new DataView(hash.buffer, hash.byteOffset).getUint32(0) / 2 ** 32;
  }

  /** Passes on the share that is drawn; of something, never nothing. */
  async *of<T>(all: AsyncIterable<T>): AsyncGenerator<T> {
    let none = true;
    let seen = 0;
    let spare: T | undefined;
    for await (const one of all) {
      seen++;
      if (this.#draw() < this.share) {
        none = false;
        spare = undefined;
        yield one;
      } else if (none && this.#draw() < 1 / seen) spare = one;
    }
    if (none && spare !== undefined) yield spare;
  }
}
