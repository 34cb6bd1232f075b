/** Bytes of files that no sync has kept yet. */
import {
  closeSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type RawPath, toPath } from './bytes.ts';

const fs = { closeSync, lstatSync, openSync, readFileSync, readSync, truncateSync, writeFileSync, writeSync };

interface File {
  readonly id: string;
  /** Each is one of its names, or was. */
  readonly names: Set<RawPath>;
  /** How long it was at its last sync. */
  readonly length: number;
  /** What it was then, when it is being overwritten and not only grows. */
  saved: Buffer | undefined;
}

export class Unsynced {
  readonly #files = new Map<string, File>();

  changes(path: RawPath, at: number | undefined): void {
    const found = fs.lstatSync(toPath(path), { throwIfNoEntry: false, bigint: true });
    const id = found ? `${found.dev}:${found.ino}` : `new:${path}`;
    let file = this.#files.get(id) ?? this.#taken(id, path);
    if (!file) {
      file = { id, names: new Set([path]), length: Number(found?.size ?? 0), saved: undefined };
      this.#files.set(id, file);
    }
    file.names.add(path);
    if (at !== undefined && at < file.length)
      file.saved ??= fs.readFileSync(toPath(path)).subarray(0, file.length);
  }

  /** What was noted before it existed gets its identity. */
  #taken(id: string, path: RawPath): File | undefined {
    const file = this.#files.get(`new:${path}`);
    if (!file || id.startsWith('new:')) return file;
    this.#files.delete(file.id);
    const known = { ...file, id };
    this.#files.set(id, known);
    return known;
  }

  linked(from: RawPath, to: RawPath): void {
    for (const { names } of this.#files.values()) if (names.has(from)) names.add(to);
  }

  renamed(from: RawPath, to: RawPath): void {
    for (const { names } of this.#files.values())
      for (const name of [...names])
        if (name === from || name.startsWith(`${from}/`)) names.add(to + name.slice(from.length));
  }

  syncs(path: RawPath): () => void {
    const file = this.#find(path);
    return () => {
      if (file && this.#files.get(file.id) === file) this.#files.delete(file.id);
    };
  }

  syncsAll(): () => void {
    const covered = [...this.#files.values()];
    return () => {
      for (const file of covered) this.#files.delete(file.id);
    };
  }

  /** Each file keeps nothing, all, a part, or zeros in the place of what was written since its last sync. */
  fail(random: () => number): void {
    for (const file of this.#files.values()) {
      const name = [...file.names].find((one) => isIt(file, one));
      if (name === undefined) continue;
      const path = toPath(name);
      const length = fs.lstatSync(path).size;
      const chance = random();
      if (file.saved) {
        if (chance < 0.6) fs.writeFileSync(path, file.saved);
      } else if (length > file.length) {
        if (chance < 0.4) fs.truncateSync(path, file.length);
        else if (chance < 0.6)
          fs.truncateSync(path, file.length + Math.floor(random() * (length - file.length)));
        else if (chance < 0.8) zero(path, file.length, length);
      }
    }
  }

  #find(path: RawPath): File | undefined {
    const found = fs.lstatSync(toPath(path), { throwIfNoEntry: false, bigint: true });
    const file = found && this.#files.get(`${found.dev}:${found.ino}`);
    return file ?? this.#files.get(`new:${path}`);
  }
}

function isIt({ id }: File, name: RawPath): boolean {
  const found = fs.lstatSync(toPath(name), { throwIfNoEntry: false, bigint: true });
  return found?.isFile() === true && (id.startsWith('new:') || id === `${found.dev}:${found.ino}`);
}

function zero(path: Buffer, from: number, to: number): void {
  const fd = fs.openSync(path, 'r+');
  const zeros = Buffer.alloc(Math.min(to - from, 1 << 20));
  for (let at = from; at < to; at += zeros.length)
    fs.writeSync(fd, zeros, 0, Math.min(zeros.length, to - at), at);
  fs.closeSync(fd);
}
