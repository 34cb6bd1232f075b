/** Writing a tree back (U7): adds and replaces, never deletes, never doubles. */
import {
  fchmodSync,
  fdatasyncSync,
  futimesSync,
  mkdirSync,
  readlinkSync,
  type Stats,
  statSync,
} from 'node:fs';
import {
  type Content,
  type ItemHead,
  SourceError,
  type SourceWriter,
  type WriterOptions,
  type Written,
} from '../../database/index.ts';
import { compareBytes } from '../../lib/bytes.ts';
import { type BytePath, errnoOf, flush, fsPath, join, reasonOf, shown, Temporaries } from '../files/index.ts';
import { type Kept, placeBeside } from './beside.ts';
import { Existing, Incoming } from './content.ts';
import { Directories, lookAt } from './directories.ts';
import { attempt, notWritten, safePath } from './safe-path.ts';

const PERMISSIONS = 0o777;
const MAX_LINK = 4096;

export function folderWriter(root: BytePath, options: WriterOptions): SourceWriter {
  try {
    if (!options.dryRun) mkdirSync(fsPath(root), { recursive: true });
    if (!isDirectory(root)) throw new Error('it is not a directory');
  } catch (error) {
    const missing = options.dryRun && errnoOf(error) === 'ENOENT';
    if (!missing) {
      const message = `cannot write to ${shown(root)}: ${reasonOf(error)}`;
      throw new SourceError('ERR_SOURCE_WRITE', message, { cause: error });
    }
  }
  return new FolderWriter(root, options);
}

const isDirectory = (path: BytePath): boolean => statSync(fsPath(path)).isDirectory();

class FolderWriter implements SourceWriter {
  readonly #root: BytePath;
  readonly #options: WriterOptions;
  readonly #directories: Directories;
  readonly #temporaries = new Temporaries();
  readonly #date = new Date().toISOString().slice(0, 10);
  #changed = false;

  constructor(root: BytePath, options: WriterOptions) {
    this.#root = root;
    this.#options = options;
    this.#directories = new Directories(root, options.dryRun);
  }

  async put(item: ItemHead, size: number, content: Content): Promise<Written> {
    const path = safePath(item);
    const written = item.attributes.directory
      ? this.#directories.put(path, item, this.#options.keepBoth)
      : item.attributes.link
        ? this.#link(path, item.attributes.link, item.time)
        : await this.#file(path, item, size, content);
    if (written !== 'kept') this.#changed = true;
    return written;
  }

  async commit(): Promise<void> {
    if (this.#options.dryRun || !this.#changed) return;
    this.#directories.finish();
    await flush(this.#root);
  }

  async abort(): Promise<void> {
    this.#temporaries.discardAll();
    this.#directories.undo();
  }

  async #file(path: BytePath, item: ItemHead, size: number, content: Content): Promise<Written> {
    const directory = this.#directories.parent(path, false);
    const full = join(this.#root, path);
    const found = attempt(path, () => this.#inTheWay(path, full));
    const existing =
      found?.isFile() && found.size === size ? attempt(path, () => new Existing(full)) : undefined;
    const mode = item.attributes.mode ?? (found?.isFile() ? found.mode : undefined);
    const create = () => this.#temporaries.create(directory, mode === undefined ? 0o666 : 0o600);
    const keepBoth = found !== undefined && this.#options.keepBoth;
    const incoming = new Incoming(existing, this.#options.dryRun ? undefined : create, keepBoth);
    try {
      if (content.kind === 'bytes') attempt(path, () => incoming.write(content.bytes));
      else for await (const chunk of content.chunks) attempt(path, () => incoming.write(chunk));
      const same = attempt(path, () => incoming.end());
      if (existing && same) return this.#permissions(path, existing, item, found!);
      const { temporary } = incoming;
      if (temporary) {
        attempt(path, () => {
          if (mode !== undefined) fchmodSync(temporary.fd, mode & PERMISSIONS);
          if (item.time !== 0) futimesSync(temporary.fd, item.time / 1000, item.time / 1000);
          // Until the new bytes are on disk, a power failure must find the old ones.
          if (found && !keepBoth) fdatasyncSync(temporary.fd);
        });
      }
      const move = (to: BytePath): void => temporary?.moveTo(to);
      if (!keepBoth) return this.#place(path, full, found, move);
      return this.#beside(path, { kind: 'file', length: incoming.length, digest: incoming.digest() }, move);
    } finally {
      incoming.temporary?.discard();
      existing?.close();
    }
  }

  #link(path: BytePath, target: Uint8Array, time: number): Written {
    if (target.length === 0 || target.length > MAX_LINK || target.includes(0)) {
      throw notWritten(path, 'its link target is none');
    }
    const directory = this.#directories.parent(path, false);
    const full = join(this.#root, path);
    const found = attempt(path, () => this.#inTheWay(path, full));
    if (found?.isSymbolicLink()) {
      const now = attempt(path, () => readlinkSync(fsPath(full), 'buffer'));
      if (compareBytes(now, target) === 0) return 'kept';
    }
    const move = (to: BytePath): void => {
      if (!this.#options.dryRun) this.#temporaries.link(directory, target, time, to);
    };
    if (!found || !this.#options.keepBoth) return this.#place(path, full, found, move);
    return this.#beside(path, { kind: 'link', target }, move);
  }

  #place(path: BytePath, full: BytePath, found: Stats | undefined, move: (to: BytePath) => void): Written {
    this.#directories.parent(path, true);
    attempt(path, () => move(full));
    return found ? 'replaced' : 'added';
  }

  #beside(path: BytePath, kept: Kept, move: (to: BytePath) => void): Written {
    const directory = this.#directories.parent(path, false);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const to = attempt(path, () => placeBeside(directory, name, this.#date, kept));
    if (to === undefined) return 'kept';
    this.#directories.parent(path, true);
    attempt(path, () => move(to));
    return 'kept-both';
  }

  /** The bytes are there already; only the permissions may differ. The time stays: nothing was written. */
  #permissions(path: BytePath, existing: Existing, item: ItemHead, found: Stats): Written {
    const { mode } = item.attributes;
    const differs = mode !== undefined && (mode & PERMISSIONS) !== (found.mode & PERMISSIONS);
    if (!differs || this.#options.keepBoth) return 'kept';
    if (!this.#options.dryRun) attempt(path, () => existing.changeMode(mode & PERMISSIONS));
    return 'replaced';
  }

  #inTheWay(path: BytePath, full: BytePath): Stats | undefined {
    const stat = lookAt(full);
    if (!stat || stat.isFile() || stat.isSymbolicLink()) return stat;
    throw notWritten(
      path,
      stat.isDirectory() ? 'a directory is in the way' : 'something else than a file is in the way',
    );
  }
}
