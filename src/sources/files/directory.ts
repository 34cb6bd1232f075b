/**
 * An open directory: what is done in it is done in this one, whatever its name leads to by then. Node has no `openat`;
 * on Linux `/proc/self/fd/N` names an open directory, so that no part of a path in which somebody else may write is
 * looked up twice. Elsewhere its path has to do.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { type BytePath, fromBytes, fsPath, join } from './path.ts';

const BY_NUMBER = process.platform === 'linux' && existsSync('/proc/self/fd');
/** open(2): names a directory only, so that one may be entered that cannot be read. Node does not have it. */
const O_PATH = 0o10000000;
const FLAGS = constants.O_DIRECTORY | (BY_NUMBER ? O_PATH : constants.O_RDONLY);

export class OpenDirectory {
  readonly fd: number | undefined;
  /** What lies in it is named below this. */
  readonly path: BytePath;
  #open = true;

  /** @param follow whether the last part of the path may be a link */
  constructor(path: BytePath, follow = false) {
    // Windows opens no directories.
    if (process.platform !== 'win32')
      this.fd = openSync(fsPath(path), follow ? FLAGS : FLAGS | constants.O_NOFOLLOW);
    // With a dot: without it `lstat` would look at the link in /proc.
    this.path = BY_NUMBER ? `/proc/self/fd/${this.fd}/.` : path;
  }

  /** Runs something in the directory below that a relative path names, each part of which must be one. */
  below<T>(path: BytePath, run: (directory: BytePath) => T): T {
    let at: OpenDirectory | undefined;
    try {
      for (const part of path === '' ? [] : path.split('/')) {
        const next = new OpenDirectory(join(at?.path ?? this.path, part));
        at?.close();
        at = next;
      }
      return run(at?.path ?? this.path);
    } finally {
      at?.close();
    }
  }

  close(): void {
    if (this.#open && this.fd !== undefined) closeSync(this.fd);
    this.#open = false;
  }

  /** Whether it belongs to this account, and nobody else can write in it. */
  get own(): boolean {
    if (this.fd === undefined || process.geteuid === undefined) return true;
    const { uid, mode } = fstatSync(this.fd);
    return uid === process.geteuid() && (mode & 0o022) === 0;
  }
}

/**
 * Removes a directory with all that is in it, if it belongs to this account and nobody else can write in it: else what
 * is below might turn into links while it is removed.
 */
export function removeOwn(path: BytePath): void {
  const directory = new OpenDirectory(path);
  try {
    if (!directory.own) throw new Error('it belongs to somebody else');
    for (const name of readdirSync(fsPath(directory.path), 'buffer'))
      rmSync(fsPath(join(directory.path, fromBytes(name))), { recursive: true, force: true });
  } finally {
    directory.close();
  }
  rmdirSync(fsPath(path));
}
