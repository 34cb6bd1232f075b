/** Writing a tree back (U7): adds and replaces, never deletes, never doubles. */
import {
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  openSync,
  readlinkSync,
  statSync,
  writeSync,
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
import { type BytePath, flush, fsPath, reasonOf, shown } from '../files/index.ts';
import { Beside, type Kept } from './beside.ts';
import { Existing, Incoming } from './content.ts';
import { Directories } from './directories.ts';
import { attempt, notWritten, safePath, unsafe } from './safe-path.ts';
import { type Found, Staging } from './staging.ts';

const PERMISSIONS = 0o777;
const MAX_LINK = 4096;

export function folderWriter(root: BytePath, options: WriterOptions): SourceWriter {
  try {
    const staging = new Staging(root, options.dryRun);
    const missing = options.dryRun && statSync(fsPath(root), { throwIfNoEntry: false }) === undefined;
    if (!missing && !statSync(fsPath(root)).isDirectory()) throw new Error('it is not a directory');
    return new FolderWriter(root, staging, options);
  } catch (error) {
    const message = `cannot write to ${shown(root)}: ${reasonOf(error)}`;
    throw new SourceError('ERR_SOURCE_WRITE', message, { cause: error });
  }
}

class FolderWriter implements SourceWriter {
  readonly #root: BytePath;
  readonly #staging: Staging;
  readonly #options: WriterOptions;
  readonly #directories: Directories;
  readonly #keptBeside: Beside;
  /** Files that keep their bytes and get these permissions. */
  readonly #modes = new Map<BytePath, number>();
  #changed = false;
  #replaced = false;

  constructor(root: BytePath, staging: Staging, options: WriterOptions) {
    this.#root = root;
    this.#staging = staging;
    this.#options = options;
    this.#directories = new Directories(staging, options.dryRun);
    this.#keptBeside = new Beside(staging, new Date().toISOString().slice(0, 10));
  }

  async put(item: ItemHead, size: number, content: Content): Promise<Written> {
    const path = safePath(item);
    const written = item.attributes.directory
      ? this.#directories.put(path, item, this.#options.keepBoth)
      : item.attributes.link
        ? this.#link(path, item.attributes.link, item.time)
        : await this.#file(path, item, size, content);
    if (written !== 'kept') this.#changed = true;
    if (written === 'replaced') this.#replaced = true;
    return written;
  }

  async commit(): Promise<void> {
    if (!this.#changed) {
      this.#staging.discard();
      this.#staging.close();
    }
    if (this.#options.dryRun || !this.#changed) return;
    // Until the new bytes are on disk, a power failure must find the old ones.
    if (this.#replaced) await flush(this.#root);
    this.#staging.merge();
    for (const [path, mode] of this.#modes)
      attempt(path, () => this.#staging.inParent(path, (full) => changeMode(full, mode)));
    this.#directories.finish();
    await flush(this.#root);
    this.#staging.close();
  }

  async abort(): Promise<void> {
    this.#staging.discard();
    this.#staging.close();
    this.#staging.removeRoot();
  }

  async #file(path: BytePath, item: ItemHead, size: number, content: Content): Promise<Written> {
    this.#directories.parent(path, false);
    if (content.kind === 'bytes' && this.#fresh(path, item, content.bytes)) return 'added';
    const found = attempt(path, () => this.#inTheWay(path));
    const existing =
      found?.stat.isFile() && found.stat.size === size
        ? attempt(path, () => new Existing(found.full))
        : undefined;
    const mode = item.attributes.mode ?? (found?.stat.isFile() ? this.#modeOf(path, found) : undefined);
    const create = () => this.#staging.temporary(modeToBegin(mode));
    const keepBoth = found !== undefined && this.#options.keepBoth;
    const incoming = new Incoming(existing, this.#options.dryRun ? undefined : create, keepBoth);
    try {
      if (content.kind === 'bytes') attempt(path, () => incoming.write(content.bytes));
      else for await (const chunk of content.chunks) attempt(path, () => incoming.write(chunk));
      const same = attempt(path, () => incoming.end());
      if (found && existing && same) return this.#permissions(path, item, found);
      const { temporary } = incoming;
      if (temporary) attempt(path, () => setFacts(temporary.fd, mode, item.time));
      const stage = (to: BytePath): void => {
        if (temporary) this.#staging.file(to, temporary);
      };
      if (!keepBoth) return this.#place(path, found, stage);
      return this.#beside(path, { kind: 'file', length: incoming.length, digest: incoming.digest() }, stage);
    } finally {
      incoming.temporary?.discard();
      existing?.close();
    }
  }

  /** In a directory that the tree does not have there is nothing to look for. */
  #fresh(path: BytePath, { attributes: { mode }, time }: ItemHead, bytes: Uint8Array): boolean {
    const done = attempt(path, () =>
      this.#staging.fresh(path, modeToBegin(mode), (fd) => {
        writeWhole(fd, bytes);
        setFacts(fd, mode, time);
      }),
    );
    if (done) this.#directories.parent(path, true);
    return done;
  }

  #link(path: BytePath, target: Uint8Array, time: number): Written {
    if (target.length === 0 || target.length > MAX_LINK || target.includes(0)) {
      throw notWritten(path, 'its link target is none');
    }
    this.#directories.parent(path, false);
    const found = attempt(path, () => this.#inTheWay(path));
    if (found?.stat.isSymbolicLink()) {
      const now = attempt(path, () => readlinkSync(fsPath(found.full), 'buffer'));
      if (compareBytes(now, target) === 0) return 'kept';
    }
    const stage = (to: BytePath): void => {
      if (!this.#options.dryRun) this.#staging.link(to, target, time);
    };
    if (!found || !this.#options.keepBoth) return this.#place(path, found, stage);
    return this.#beside(path, { kind: 'link', target }, stage);
  }

  #place(path: BytePath, found: Found | undefined, stage: (to: BytePath) => void): Written {
    this.#directories.parent(path, true);
    this.#modes.delete(path);
    attempt(path, () => stage(path));
    return found ? 'replaced' : 'added';
  }

  #beside(path: BytePath, kept: Kept, stage: (to: BytePath) => void): Written {
    const parent = this.#directories.parent(path, false);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const to = attempt(path, () => this.#keptBeside.place(parent, name, kept));
    if (to === undefined) return 'kept';
    this.#directories.parent(path, true);
    attempt(path, () => stage(parent === '' ? to : `${parent}/${to}`));
    return 'kept-both';
  }

  /** The bytes are there already; only the permissions may differ. The time stays: nothing was written. */
  #permissions(path: BytePath, item: ItemHead, found: Found): Written {
    const { mode } = item.attributes;
    const differs = mode !== undefined && (mode & PERMISSIONS) !== this.#modeOf(path, found);
    if (!differs || this.#options.keepBoth) return 'kept';
    this.#modes.set(path, mode & PERMISSIONS);
    return 'replaced';
  }

  #modeOf(path: BytePath, { stat }: Found): number {
    return this.#modes.get(path) ?? stat.mode & PERMISSIONS;
  }

  #inTheWay(path: BytePath): Found | undefined {
    const found = this.#staging.find(path);
    if (!found || found.stat.isFile() || found.stat.isSymbolicLink()) return found;
    if (found.staged) throw unsafe(path, 'another item of the backup is a directory of that name');
    throw notWritten(
      path,
      found.stat.isDirectory() ? 'a directory is in the way' : 'something else than a file is in the way',
    );
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** Closed to others until it gets its own; without one it is as the system makes it. */
const modeToBegin = (mode: number | undefined): number => (mode === undefined ? 0o666 : 0o600);

/** @param time Unix ms; 0: that of writing */
function setFacts(fd: number, mode: number | undefined, time: number): void {
  if (mode !== undefined) fchmodSync(fd, mode & PERMISSIONS);
  if (time !== 0) futimesSync(fd, time / 1000, time / 1000);
}

function changeMode(full: BytePath, mode: number): void {
  const fd = openSync(fsPath(full), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}
