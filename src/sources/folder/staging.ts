/**
 * Staging: what a restore is about to change in a tree, built in a hidden directory of that tree. It is looked at
 * as if it lay over the tree already; nothing of it is visible before `merge`. A directory that is new is moved
 * into place as a whole, so that a restore into an empty place costs one rename for each of its top entries.
 */
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  utimesSync,
} from 'node:fs';
import {
  type BytePath,
  errnoOf,
  fromBytes,
  fromText,
  fsPath,
  join,
  OpenDirectory,
  parentOf,
  READING,
  sweep,
  Temporaries,
  type Temporary,
} from '../files/index.ts';
import { lookAt } from './look.ts';
import { attempt, notWritten, unsafe } from './safe-path.ts';
import { sweepOld } from './sweep-old.ts';
import { Twins } from './twins.ts';

/** So many prepared directories are remembered; items come in order, so the last ones are what counts. */
const REMEMBERED = 4096;

/** A restore at work touches its staging directory this often, ms: one left by a killed restore is not touched. */
const TOUCH = 60_000;

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** What lies at a path: full path, and its `lstat`. */
export interface Found {
  readonly full: BytePath;
  readonly stat: Stats;
  /** By this restore. */
  readonly staged: boolean;
}

export class Staging {
  /** As it was given; and what lies below it, whatever that name leads to by now. */
  readonly #given: BytePath;
  readonly #root: BytePath;
  readonly #opened: OpenDirectory | undefined;
  /** Directories of file systems mounted within the tree, by device: what goes there is copied into them first. */
  readonly #mounted = new Map<number, OpenDirectory>();
  readonly #temporaries = new Temporaries();
  readonly #prepared = new Set<BytePath>();
  /** Those of them that the tree does not have: what will lie in them is staged. */
  readonly #missing = new Set<BytePath>();
  readonly #twins = new Twins();
  /** The uppermost directory that had to be made for the root. */
  readonly #made: BytePath | undefined;
  /** Made when something is staged. */
  #directory: BytePath | undefined;
  #touched = 0;

  /** @param dryRun then nothing is ever staged */
  constructor(root: BytePath, dryRun: boolean) {
    this.#given = root;
    this.#root = root;
    if (dryRun) return;
    const made = mkdirSync(fsPath(root), { recursive: true });
    this.#made = made === undefined ? undefined : fromText(made);
    this.#opened = new OpenDirectory(root, true);
    this.#root = this.#opened.path;
    sweep(this.#root);
    sweepOld(this.#root);
  }

  /** In the directory below the root that holds an item: reached through no link. */
  inParent<T>(path: BytePath, run: (full: BytePath) => T): T {
    const slash = path.lastIndexOf('/');
    return this.#opened!.below(path.slice(0, Math.max(slash, 0)), (parent) =>
      run(join(parent, path.slice(slash + 1))),
    );
  }

  /** Nothing is done below the root any more. */
  close(): void {
    this.#opened?.close();
  }

  /**
   * What lies at a path below the root, once all that is staged has been merged.
   * @throws SourceError `ERR_SOURCE_UNSAFE_NAME` when it goes by another name there
   */
  find(path: BytePath): Found | undefined {
    for (const staged of [true, false]) {
      if (!staged && this.#missing.has(parentOf(path))) break;
      const base = staged ? this.#tree() : this.#root;
      const stat = base === undefined ? undefined : lookAt(join(base, path));
      if (!stat) continue;
      const full = join(base!, path);
      if (this.#twins.has(full, stat, !staged))
        throw unsafe(path, 'this file system takes it for the name of another item');
      return { full, stat, staged };
    }
    return undefined;
  }

  /** Full paths of the directories whose entries together are those of a directory, as far as they are there. */
  layers(path: BytePath): BytePath[] {
    return this.places(path).filter((full) => lookAt(full)?.isDirectory());
  }

  /** The same, there or not; the last one is where things are staged. */
  places(path: BytePath): BytePath[] {
    const bases = [this.#root, this.#tree()].filter((base) => base !== undefined);
    return bases.map((base) => join(base, path));
  }

  /** For bytes whose place is given later. */
  temporary(mode: number): Temporary {
    return this.#temporaries.create(this.#open(), mode);
  }

  file(path: BytePath, temporary: Temporary): void {
    temporary.moveTo(this.#place(path));
  }

  /**
   * A file in a directory that only this restore makes, where it needs no other name first.
   *
   * @param mode permission bits, less the umask
   * @param fill gets the open file
   * @returns false when the directory is there already, or something staged has that name: nothing was done
   */
  fresh(path: BytePath, mode: number, fill: (fd: number) => void): boolean {
    if (!this.#missing.has(parentOf(path))) return false;
    this.#open(); // says that this restore is at work
    const full = fsPath(join(this.#tree()!, path));
    const fd = openNew(full, mode);
    if (fd === undefined) return false;
    try {
      fill(fd);
    } catch (error) {
      rmSync(full, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
    return true;
  }

  link(path: BytePath, target: Uint8Array, time: number): void {
    this.#temporaries.link(this.#open(), target, time, this.#place(path));
  }

  directory(path: BytePath, mode: number): void {
    const full = this.#place(path);
    if (!lookAt(full)) mkdirSync(fsPath(full), mode);
  }

  /** Moves everything into place. */
  merge(): void {
    if (this.#directory === undefined) return;
    this.#merge('', this.#root);
    this.discard();
  }

  /** Forgets what is staged. */
  discard(): void {
    this.#temporaries.discardAll();
    for (const directory of this.#mounted.values()) directory.close();
    this.#mounted.clear();
    this.#directory = undefined;
    this.#forget();
  }

  /** Removes the root, and what was made above it, as far as nothing lies in it. */
  removeRoot(): void {
    if (this.#made === undefined) return;
    try {
      for (let at = this.#given; at.length >= this.#made.length; at = parentOf(at)) rmdirSync(fsPath(at));
    } catch {
      // Someone put something into it: it stays.
    }
  }

  #tree(): BytePath | undefined {
    return this.#directory === undefined ? undefined : join(this.#directory, 'tree');
  }

  #open(): BytePath {
    if (this.#directory === undefined) {
      this.#directory = this.#temporaries.directory(this.#root);
      mkdirSync(fsPath(join(this.#directory, 'tree')), 0o700);
    }
    const now = Date.now();
    if (now - this.#touched > TOUCH) utimesSync(fsPath(this.#directory), now / 1000, now / 1000);
    if (now - this.#touched > TOUCH) this.#touched = now;
    return this.#directory;
  }

  /** Where an entry is staged; the directories above it are there. */
  #place(path: BytePath): BytePath {
    this.#open();
    if (path.includes('/')) this.#prepare(parentOf(path));
    else this.#writable('');
    return join(this.#tree()!, path);
  }

  #prepare(path: BytePath): void {
    if (this.#prepared.has(path)) return;
    if (path.includes('/')) this.#prepare(parentOf(path));
    const full = join(this.#tree()!, path);
    if (!lookAt(full)) mkdirSync(fsPath(full));
    this.#writable(path);
    if (this.#prepared.size >= REMEMBERED) this.#forget();
    this.#prepared.add(path);
    if (!lookAt(join(this.#root, path))) this.#missing.add(path);
  }

  #forget(): void {
    this.#prepared.clear();
    this.#missing.clear();
  }

  /** To be known now, and not when half of it has been moved. */
  #writable(path: BytePath): void {
    const full = join(this.#root, path);
    if (lookAt(full)) accessSync(fsPath(full), constants.W_OK | constants.X_OK);
  }

  /** @param target the directory that the path leads to, as it was opened */
  #merge(path: BytePath, target: BytePath): void {
    const from = join(this.#tree()!, path);
    for (const entry of readdirSync(fsPath(from), { withFileTypes: true, encoding: 'buffer' })) {
      const name = fromBytes(entry.name);
      const below = path === '' ? name : `${path}/${name}`;
      attempt(below, () => this.#moveIn(below, join(target, name), entry.isDirectory()));
    }
  }

  #moveIn(path: BytePath, to: BytePath, directory: boolean): void {
    const from = join(this.#tree()!, path);
    const there = lookAt(to);
    // The tree may have changed since it was looked at.
    if (there && there.isDirectory() !== directory)
      throw notWritten(
        path,
        directory ? 'something else than a directory is in the way' : 'a directory is in the way',
      );
    if (there && directory) {
      this.#mergeInto(path, to);
      return;
    }
    try {
      renameSync(fsPath(from), fsPath(to));
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error;
      this.#moveAcross(path, from, to, directory);
    }
  }

  #mergeInto(path: BytePath, to: BytePath): void {
    const target = new OpenDirectory(to);
    try {
      this.#merge(path, target.path);
    } finally {
      target.close();
    }
  }

  /** Into a file system that is mounted within the tree. */
  #moveAcross(path: BytePath, from: BytePath, to: BytePath, directory: boolean): void {
    const stat = lstatSync(fsPath(from));
    if (directory) {
      mkdirSync(fsPath(to), stat.mode & 0o777);
      this.#mergeInto(path, to);
      return;
    }
    const beside = this.#mountedAt(parentOf(to));
    if (stat.isSymbolicLink()) {
      this.#temporaries.link(beside, readlinkSync(fsPath(from), 'buffer'), stat.mtimeMs, to);
      return;
    }
    const copy = this.#temporaries.create(beside, 0o600);
    try {
      // By descriptor: its name lies where somebody else may write.
      for (const chunk of chunksOf(from)) copy.append(chunk);
      fchmodSync(copy.fd, stat.mode & 0o777);
      futimesSync(copy.fd, stat.atimeMs / 1000, stat.mtimeMs / 1000);
      copy.moveTo(to);
    } finally {
      copy.discard();
    }
  }

  #mountedAt(directory: BytePath): BytePath {
    const { dev } = lstatSync(fsPath(directory));
    let mounted = this.#mounted.get(dev);
    if (!mounted) this.#mounted.set(dev, (mounted = new OpenDirectory(directory)));
    return mounted.path;
  }
}

/** Undefined where something has that name. */
function openNew(path: string | Buffer, mode: number): number | undefined {
  try {
    return openSync(path, NEW, mode);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

function* chunksOf(path: BytePath): Generator<Uint8Array> {
  const fd = openSync(fsPath(path), READING);
  const buffer = new Uint8Array(1024 * 1024);
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer))
      yield buffer.subarray(0, count);
  } finally {
    closeSync(fd);
  }
}
