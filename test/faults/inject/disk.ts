/**
 * A disk that loses what was not synced. It remembers what was changed below its roots since the last sync of each
 * file and directory, and takes it back when the power fails: of bytes all, some or none, of names all from a drawn
 * moment on. Strict where file systems differ: the sync of a file does not keep its name.
 */
import {
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type RawPath, toPath } from './bytes.ts';
import { type Change, carried, takeBack } from './names.ts';
import type { PowerLoss } from './plan.ts';
import { Unsynced } from './unsynced.ts';

// As they were before anything was wrapped.
const fs = { fstatSync, linkSync, lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync };
const more = { truncateSync, unlinkSync, writeFileSync };
export const plain = { ...fs, ...more };

/** What SQLite writes goes past Node: it is left as it is. */
const SQLITE = /\.(db|lock)(-wal|-shm|-journal)?$/;

export class Disk {
  readonly #loss: PowerLoss;
  readonly #roots: readonly RawPath[];
  readonly #random: () => number;
  #changes: Change[] = [];
  readonly #unsynced = new Unsynced();
  #graves = 0;

  constructor(loss: PowerLoss) {
    this.#loss = loss;
    this.#roots = loss.roots.map((root) => Buffer.from(root).toString('latin1'));
    let state = (loss.seed * 2_654_435_761) | 1;
    this.#random = () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    };
  }

  has(path: RawPath | undefined): path is RawPath {
    if (path === undefined || SQLITE.test(path)) return false;
    return this.#roots.some((root) => path === root || path.startsWith(`${root}/`));
  }

  /** A name is about to be there that is not there now. @returns to be called when it failed */
  adds(path: RawPath): () => void {
    if (!this.has(path) || plain.lstatSync(toPath(path), { throwIfNoEntry: false })) return () => {};
    return this.#note({ kind: 'add', path, dirs: [dirname(path)] });
  }

  /** As `adds`, for every directory that is missing above. */
  addsAll(path: RawPath): () => void {
    const parent = dirname(path);
    const above = parent !== path && this.has(parent) ? this.addsAll(parent) : () => {};
    const failed = this.adds(path);
    return () => {
      failed();
      above();
    };
  }

  /** The name of a file, or a whole tree, is about to go. */
  removes(path: RawPath): () => void {
    const found = this.has(path) && plain.lstatSync(toPath(path), { throwIfNoEntry: false });
    if (!found) return () => {};
    const grave = this.#grave();
    if (found.isDirectory()) return this.#removesTree(path, grave);
    plain.linkSync(toPath(path), toPath(grave));
    this.#unsynced.linked(path, grave);
    return this.#note({ kind: 'remove', path, grave, dirs: [dirname(path)] });
  }

  renames(from: RawPath, to: RawPath): () => void {
    if (!this.has(from) && !this.has(to)) return () => {};
    let grave: RawPath | undefined;
    const there = plain.lstatSync(toPath(to), { throwIfNoEntry: false });
    if (there && !there.isDirectory()) {
      grave = this.#grave();
      plain.linkSync(toPath(to), toPath(grave));
      this.#unsynced.linked(to, grave);
    }
    this.#unsynced.renamed(from, to);
    return this.#note({ kind: 'rename', path: to, from, grave, dirs: [dirname(from), dirname(to)] });
  }

  links(from: RawPath, to: RawPath): () => void {
    this.#unsynced.linked(from, to);
    return this.adds(to);
  }

  /** Bytes of an open file are about to change, from `at` on; without `at` at its end. */
  writes(fd: number, at?: number): void {
    const path = pathOf(fd);
    if (this.has(path)) this.#unsynced.changes(path, at);
  }

  /** Bytes of a file are about to be replaced. */
  replaces(path: RawPath): void {
    if (this.has(path)) this.#unsynced.changes(path, 0);
  }

  /** An open file or directory is to be synced. @returns to be called when it was */
  syncs(fd: number): () => void {
    const path = pathOf(fd);
    if (path === undefined) return () => {};
    // The name of a root itself is kept by the directory above it.
    if (!plain.fstatSync(fd).isDirectory()) return this.has(path) ? this.#unsynced.syncs(path) : () => {};
    const covered = new Set(this.#changes.filter(({ dirs }) => dirs.includes(path)));
    return () => this.#keep(covered);
  }

  /** Everything is to be synced. @returns to be called when it was */
  syncsAll(): () => void {
    const bytes = this.#unsynced.syncsAll();
    const covered = new Set(this.#changes);
    return () => {
      bytes();
      this.#keep(covered);
    };
  }

  /** The power fails. */
  fail(): void {
    this.#unsynced.fail(this.#random);
    // Half of the time nothing that was not synced survives, else what came before some moment.
    const from = this.#random() < 0.5 ? 0 : Math.floor(this.#random() * (this.#changes.length + 1));
    for (const change of this.#changes.slice(from).reverse()) takeBack(change, () => this.#grave());
  }

  /** It is moved, not removed: so it can come back. */
  #removesTree(path: RawPath, grave: RawPath): () => void {
    plain.renameSync(toPath(path), toPath(grave));
    this.#unsynced.renamed(path, grave);
    return this.#note({ kind: 'remove', path, grave, dirs: [dirname(path)] });
  }

  #note(change: Change): () => void {
    this.#changes.push(change);
    return () => {
      this.#changes = this.#changes.filter((one) => one !== change);
    };
  }

  #keep(covered: ReadonlySet<Change>): void {
    for (const change of this.#changes.filter((one) => covered.has(one)))
      if (change.kind === 'rename') this.#changes = carried(this.#changes, change);
    this.#changes = this.#changes.filter((change) => !covered.has(change));
  }

  #grave(): RawPath {
    return join(Buffer.from(this.#loss.grave).toString('latin1'), `${process.pid}-${this.#graves++}`);
  }
}

function pathOf(fd: number): RawPath | undefined {
  try {
    return plain.readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' }).toString('latin1');
  } catch {
    return undefined;
  }
}
