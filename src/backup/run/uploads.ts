/**
 * Segments on their way to the destination: two at a time, so that one is sealed while the other travels. The first
 * failure ends the run.
 */
export class Uploads {
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;
  #free: Uint8Array[] = [];

  /** How many are under way. */
  get running(): number {
    return this.#running.size;
  }

  /** Memory for a segment, used again and again. */
  memory(size: number): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(size);
  }

  /** Nobody reads the segment any more. */
  release(memory: Uint8Array): void {
    this.#free.push(memory);
  }

  /** Starts a task as soon as fewer than two run. Resolves when it has started. */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= 2) await Promise.race(this.#running);
    this.#check();
    const running: Promise<void> = task()
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when everything started has ended. */
  async finish(): Promise<void> {
    await Promise.all(this.#running);
    this.#check();
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
