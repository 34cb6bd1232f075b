/**
 * Whether a frame is worth compressing. Photos, films and archives never shrink, and trying costs more than sealing:
 * once large items have not, only their first frames and samples of the rest are tried.
 */
export class Worth {
  /** Tried frames of large items, in a row, that did not shrink. */
  #failed = 0;
  /** Frames of the large item so far; undefined while items are small. */
  #frames: number | undefined;

  /** An item begins. */
  begin(large: boolean): void {
    this.#frames = large ? 0 : undefined;
  }

  /** Asked for each frame, in order. A frame of small items is always tried. */
  next(): boolean {
    if (this.#frames === undefined) return true;
    return this.#failed < PATIENCE || this.#frames++ % SAMPLE === 0;
  }

  /** What became of a frame of a large item that was tried. */
  learn(shrank: boolean): void {
    this.#failed = shrank ? 0 : this.#failed + 1;
  }

  get large(): boolean {
    return this.#frames !== undefined;
  }
}

const PATIENCE = 4;
const SAMPLE = 16;
