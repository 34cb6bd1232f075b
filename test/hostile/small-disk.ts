/**
 * A small file system that can be full: a tmpfs. Only root can mount one, and not in every container; where it cannot
 * be had the test says so, and is not run (which is a failure in CI, see `scripts/test.ts`).
 */
import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BALLAST = '.ballast';

export class SmallDisk implements Disposable {
  readonly path: string;

  /** Mounts it at a directory; what lies there moves in. @param size bytes */
  constructor(path: string, size: number) {
    mkdirSync(path, { recursive: true });
    const aside = mkdtempSync(join(tmpdir(), 'holdfast-disk-'));
    cpSync(path, aside, { recursive: true, preserveTimestamps: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', path], { stdio: 'pipe' });
    cpSync(aside, path, { recursive: true, preserveTimestamps: true });
    rmSync(aside, { recursive: true });
    this.path = path;
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Takes room away until only so many bytes are left. */
  fill(leaving: number): void {
    this.makeRoom();
    const fd = openSync(join(this.path, BALLAST), 'wx');
    const block = Buffer.alloc(64 * 1024, 1);
    for (let rest = this.free - Math.ceil(leaving); rest > 0; rest -= block.length)
      writeSync(fd, block, 0, Math.min(rest, block.length));
    closeSync(fd);
  }

  makeRoom(): void {
    rmSync(join(this.path, BALLAST), { force: true });
  }

  [Symbol.dispose](): void {
    // By laziness, so that a file which a failed test left open does not keep it.
    execFileSync('umount', ['-l', this.path]);
  }
}

/** Why no small disk can be had here; undefined when it can: `{ skip: noSmallDisk }`. */
export const noSmallDisk: string | undefined = ((): string | undefined => {
  const place = mkdtempSync(join(tmpdir(), 'holdfast-mount-'));
  try {
    new SmallDisk(place, 1 << 16)[Symbol.dispose]();
    return undefined;
  } catch {
    return 'needs a small tmpfs: only root can mount one, and not in every container';
  } finally {
    rmSync(place, { recursive: true });
  }
})();
