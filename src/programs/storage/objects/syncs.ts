/**
 * Syncs of directories, shared: uploads side by side into one directory wait for the same sync. Only one that begins
 * after the name is there makes it durable, so whoever comes while one runs waits for the next.
 */
export class Syncs {
  readonly #sync: (directory: string) => Promise<void>;
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(sync: (directory: string) => Promise<void>) {
    this.#sync = sync;
  }

  /** What was in the directory when this was called is durable when it resolves. */
  of(directory: string): Promise<void> {
    const running = this.#running.get(directory);
    if (running === undefined) return this.#run(directory);
    let next = this.#next.get(directory);
    if (next === undefined) {
      const begin = (): Promise<void> => {
        this.#next.delete(directory);
        return this.#run(directory);
      };
      // Whether the one before failed is not this one's concern.
      next = running.then(begin, begin);
      this.#next.set(directory, next);
    }
    return next;
  }

  #run(directory: string): Promise<void> {
    const run = this.#sync(directory).finally(() => {
      if (this.#running.get(directory) === run) this.#running.delete(directory);
    });
    this.#running.set(directory, run);
    return run;
  }
}
