/** The directories that a restore writes into: made when missing, never reached through a symbolic link. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmdirSync,
  type Stats,
} from 'node:fs';
import type { ItemHead, Written } from '../../database/index.ts';
import { type BytePath, errnoOf, fsPath, join, parentOf } from '../files/index.ts';
import { attempt, notWritten, unsafe } from './safe-path.ts';

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const PERMISSIONS = 0o777;
/** So many checked directories are remembered; items come in order, so the last ones are what counts. */
const REMEMBERED = 4096;

interface Finish {
  readonly mode: number | undefined;
  readonly time: number;
}

export class Directories {
  readonly #root: BytePath;
  readonly #dryRun: boolean;
  readonly #checked = new Set<BytePath>();
  readonly #made = new Set<BytePath>();
  readonly #written = new Set<BytePath>();
  readonly #finish = new Map<BytePath, Finish>();

  constructor(root: BytePath, dryRun: boolean) {
    this.#root = root;
    this.#dryRun = dryRun;
  }

  /** The full path of the directory that is to hold an item; with `write` set something will change in it. */
  parent(path: BytePath, write: boolean): BytePath {
    const parent = path.includes('/') ? parentOf(path) : '';
    if (write) this.#written.add(parent);
    return this.#ensure(parent);
  }

  /** A directory as an item. Its permissions and time are set at the end, when nothing is written into it any more. */
  put(path: BytePath, item: ItemHead, keepBoth: boolean): Written {
    const mode = item.attributes.mode === undefined ? undefined : item.attributes.mode & PERMISSIONS;
    this.parent(path, false);
    const stat = attempt(path, () => this.#look(path));
    if (!stat) {
      this.#make(path, (mode ?? PERMISSIONS) | 0o700);
      this.#finish.set(path, { mode, time: item.time });
      return 'added';
    }
    const differs = mode !== undefined && (stat.mode & PERMISSIONS) !== mode && !this.#made.has(path);
    const change = differs && !keepBoth;
    this.#finish.set(path, { mode: change || this.#made.has(path) ? mode : undefined, time: item.time });
    return change ? 'replaced' : 'kept';
  }

  /** Gives directories their permissions and times, the deepest first: the ones above may forbid the way. */
  finish(): void {
    if (this.#dryRun) return;
    const deepestFirst = [...this.#finish.keys()].sort((a, b) => b.length - a.length);
    for (const path of deepestFirst) attempt(path, () => this.#settle(path, this.#finish.get(path)!));
  }

  /** Removes the directories made, as far as nothing lies in them. */
  undo(): void {
    for (const path of [...this.#made].reverse()) {
      try {
        rmdirSync(fsPath(join(this.#root, path)));
      } catch {
        // Something complete was restored into it: it stays.
      }
    }
  }

  #settle(path: BytePath, { mode, time }: Finish): void {
    const setTime = time !== 0 && (this.#made.has(path) || this.#written.has(path));
    if (mode === undefined && !setTime) return;
    const fd = openSync(fsPath(join(this.#root, path)), FLAGS);
    try {
      if (setTime) futimesSync(fd, time / 1000, time / 1000);
      if (mode !== undefined && (fstatSync(fd).mode & PERMISSIONS) !== mode) fchmodSync(fd, mode);
    } finally {
      closeSync(fd);
    }
  }

  #ensure(path: BytePath): BytePath {
    const full = join(this.#root, path);
    if (path === '' || this.#checked.has(path)) return full;
    this.parent(path, false);
    if (!attempt(path, () => this.#look(path))) this.#make(path, PERMISSIONS);
    if (this.#checked.size >= REMEMBERED) this.#checked.clear();
    this.#checked.add(path);
    return full;
  }

  /** What lies there now; refuses everything but a directory. */
  #look(path: BytePath): Stats | undefined {
    const stat = lookAt(join(this.#root, path));
    if (stat?.isSymbolicLink()) throw unsafe(path, 'a symbolic link is in the way, and none is followed');
    if (stat && !stat.isDirectory()) throw notWritten(path, 'something else than a directory is in the way');
    return stat;
  }

  #make(path: BytePath, mode: number): void {
    if (this.#dryRun) return;
    this.parent(path, true);
    attempt(path, () => mkdirSync(fsPath(join(this.#root, path)), mode));
    this.#made.add(path);
  }
}

/** `lstat`, or undefined when nothing is there. */
export function lookAt(path: BytePath): Stats | undefined {
  try {
    return lstatSync(fsPath(path));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
