/** The directories that a restore writes into: made when missing, never reached through a symbolic link. */
import { closeSync, constants, fchmodSync, fstatSync, futimesSync, openSync } from 'node:fs';
import type { ItemHead, Written } from '../../database/index.ts';
import { type BytePath, fsPath, parentOf } from '../files/index.ts';
import { attempt, notWritten, unsafe } from './safe-path.ts';
import type { Found, Staging } from './staging.ts';

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const PERMISSIONS = 0o777;
/** So many checked directories are remembered; items come in order, so the last ones are what counts. */
const REMEMBERED = 4096;

interface Finish {
  readonly mode: number | undefined;
  readonly time: number;
  /** By this restore. */
  readonly made: boolean;
}

export class Directories {
  readonly #staging: Staging;
  readonly #dryRun: boolean;
  readonly #checked = new Set<BytePath>();
  readonly #written = new Set<BytePath>();
  readonly #finish = new Map<BytePath, Finish>();

  constructor(staging: Staging, dryRun: boolean) {
    this.#staging = staging;
    this.#dryRun = dryRun;
  }

  /** Refuses what cannot be the directory that holds an item; with `write` set something will change in it. */
  parent(path: BytePath, write: boolean): BytePath {
    const parent = path.includes('/') ? parentOf(path) : '';
    if (write) this.#written.add(parent);
    this.#check(parent);
    return parent;
  }

  /** A directory as an item. Its permissions and time are set at the end, when nothing is written into it any more. */
  put(path: BytePath, item: ItemHead, keepBoth: boolean): Written {
    const mode = item.attributes.mode === undefined ? undefined : item.attributes.mode & PERMISSIONS;
    this.parent(path, false);
    const found = attempt(path, () => this.#look(path));
    const before = this.#finish.get(path);
    const made = before?.made ?? (!found || found.staged);
    if (made && !before) {
      this.parent(path, true);
      if (!this.#dryRun) attempt(path, () => this.#staging.directory(path, (mode ?? PERMISSIONS) | 0o700));
      this.#finish.set(path, { mode, time: item.time, made });
      return 'added';
    }
    const differs =
      mode !== undefined && found !== undefined && (found.stat.mode & PERMISSIONS) !== mode && !made;
    const change = differs && !keepBoth;
    this.#finish.set(path, { mode: change || made ? mode : undefined, time: item.time, made });
    return change ? 'replaced' : 'kept';
  }

  /** Gives directories their permissions and times, the deepest first: the ones above may forbid the way. */
  finish(): void {
    const deepestFirst = [...this.#finish.keys()].sort((a, b) => b.length - a.length);
    for (const path of deepestFirst) attempt(path, () => this.#settle(path, this.#finish.get(path)!));
  }

  #settle(path: BytePath, { mode, time, made }: Finish): void {
    const setTime = time !== 0 && (made || this.#written.has(path));
    if (mode === undefined && !setTime) return;
    this.#staging.inParent(path, (full) => setFacts(full, mode, setTime ? time : 0));
  }

  #check(path: BytePath): void {
    if (path === '' || this.#checked.has(path)) return;
    this.parent(path, false);
    // One that is missing is made with the first item in it.
    if (!attempt(path, () => this.#look(path))) this.#written.add(path.includes('/') ? parentOf(path) : '');
    if (this.#checked.size >= REMEMBERED) this.#checked.clear();
    this.#checked.add(path);
  }

  /** What will lie there; refuses everything but a directory. */
  #look(path: BytePath): Found | undefined {
    const found = this.#staging.find(path);
    if (found?.stat.isSymbolicLink())
      throw unsafe(path, 'a symbolic link is in the way, and none is followed');
    if (found && !found.stat.isDirectory())
      throw found.staged
        ? unsafe(path, 'another item of the backup has the name of its directory')
        : notWritten(path, 'something else than a directory is in the way');
    return found;
  }
}

/** @param time Unix ms; 0: it stays */
function setFacts(full: BytePath, mode: number | undefined, time: number): void {
  const fd = openSync(fsPath(full), FLAGS);
  try {
    if (time !== 0) futimesSync(fd, time / 1000, time / 1000);
    if (mode !== undefined && (fstatSync(fd).mode & PERMISSIONS) !== mode) fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}
