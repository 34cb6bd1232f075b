import { mkdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../../../disk/index.ts';
import { Syncs } from './syncs.ts';

/** More remembered directories than this are forgotten and synced once more. */
const REMEMBERED = 10_000;

/**
 * Directories whose own entry is known to be on disk: a file is only durable when every directory above it is.
 * Remembered, so that storing costs one directory sync and not one per level.
 */
export class DurableDirectories {
  readonly #root: string;
  readonly #known = new Set<string>();
  readonly #syncs = new Syncs(syncDirectory);

  /** @param root exists and is durable */
  constructor(root: string) {
    this.#root = root;
  }

  /** Makes the names in a directory durable. */
  sync(path: string): Promise<void> {
    return this.#syncs.of(path);
  }

  /** Makes durable that a name is gone, also when somebody else has removed the directory meanwhile. */
  async syncRemoval(path: string): Promise<void> {
    try {
      await this.sync(path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || path === this.#root) throw cause;
      await this.syncRemoval(dirname(path));
    }
  }

  /** Makes a directory below the root, and all above it, to last. */
  async make(path: string): Promise<void> {
    if (path === this.#root || this.#known.has(path)) return;
    const parent = dirname(path);
    await this.make(parent);
    await mkdir(path, { mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
    });
    await this.sync(parent);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.add(path);
  }

  forget(path: string): void {
    for (let at = path; at.length > this.#root.length; at = dirname(at)) this.#known.delete(at);
  }

  /** Removes a directory and those above it, as long as they are empty; `stop` stays. */
  async prune(path: string, stop: string): Promise<void> {
    for (let at = path; at !== stop && at.length > this.#root.length; at = dirname(at)) {
      try {
        await rmdir(at);
      } catch {
        return;
      }
      this.#known.delete(at);
    }
  }
}
