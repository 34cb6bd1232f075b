/** Carries out what was staged: each file is composed anew beside its place and takes it by one rename. */
import { closeSync, fchmodSync, fstatSync, fsyncSync, lstatSync, openSync, readSync } from 'node:fs';
import { endComponent, lineEndOf } from '../../formats/vobject/index.ts';
import {
  type BytePath,
  changedFile,
  type FileIdentity,
  flush,
  fsPath,
  identityOf,
  join,
  type Place,
  READING,
  refuseChanged,
  sameFile,
  syncDirectory,
  type Temporaries,
  type Temporary,
} from '../files/index.ts';
import { type Card, NAME } from './card.ts';

/** A card to be written; its bytes lie in the staging file. */
export interface Change {
  readonly uid: string;
  /** The card in whose place it goes; absent: it is new. */
  readonly replaces: Card | undefined;
  readonly at: number;
  readonly length: number;
  readonly ended: boolean;
  readonly position: number;
}

const CHUNK = 1024 * 1024;
/** Contacts are nobody else's business. */
const NEW_FILE = 0o600;

/** A file as it will be. */
export interface Composed {
  readonly path: BytePath;
  /** What it replaces. */
  readonly identity: FileIdentity | undefined;
  readonly out: Temporary;
}

/** Composes all files beside their places. */
export function composeAll(
  place: Place,
  files: ReadonlyMap<BytePath, FileIdentity>,
  changes: readonly Change[],
  staging: Temporary,
  temporaries: Temporaries,
): Composed[] {
  const added = changes.filter((change) => !change.replaces).sort((a, b) => a.position - b.position);
  const replaced = Map.groupBy(
    changes.filter((change) => change.replaces),
    (change) => change.replaces!.file,
  );
  const compose = (file: BytePath, replacing: readonly Change[], adding: readonly Change[]): Composed => {
    const out = temporaries.create(place.folder, NEW_FILE);
    const path = join(place.folder, file);
    const identity = files.get(file);
    new Composer(out, staging).compose(path, identity, replacing, adding);
    // What was there must not go before the new bytes are on disk. New files are flushed together.
    if (identity || place.kind === 'file') fsyncSync(out.fd);
    out.end();
    return { path, identity, out };
  };

  if (place.kind === 'file') return [compose(place.file, replaced.get(place.file) ?? [], added)];
  const taken = new Set<BytePath>();
  return [
    ...[...replaced].map(([file, replacing]) => compose(file, replacing, [])),
    ...added.map((change) => compose(freeName(place.folder, change.uid, taken), [], [change])),
  ];
}

/** They take their places. */
export async function takePlaces(place: Place, composed: readonly Composed[]): Promise<void> {
  for (const { path, identity } of composed) refuseChanged(path, identity);
  for (const { path, out } of composed) out.moveTo(path);
  if (place.kind === 'file') syncDirectory(place.folder);
  else await flush(place.folder);
}

class Composer {
  readonly #out: Temporary;
  readonly #staging: Temporary;

  constructor(out: Temporary, staging: Temporary) {
    this.#out = out;
    this.#staging = staging;
  }

  compose(
    path: BytePath,
    identity: FileIdentity | undefined,
    replacing: readonly Change[],
    adding: readonly Change[],
  ): void {
    if (identity) this.#old(path, identity, replacing, adding.length > 0);
    this.#endLine();
    adding.forEach((change, i) => {
      this.#card(change, i + 1 < adding.length);
    });
    fchmodSync(this.#out.fd, identity?.mode ?? NEW_FILE);
  }

  /** Copies the file, with other bytes in place of the replaced cards. */
  #old(path: BytePath, identity: FileIdentity, replacing: readonly Change[], more: boolean): void {
    const fd = openSync(fsPath(path), READING);
    try {
      if (!sameFile(identityOf(fstatSync(fd, { bigint: true })), identity)) throw changedFile(path);
      const size = Number(identity.size);
      let at = 0;
      for (const change of replacing.toSorted((a, b) => a.replaces!.offset - b.replaces!.offset)) {
        const { offset, length } = change.replaces!;
        this.#copy(fd, at, offset);
        at = offset + length;
        this.#card(change, more || at < size);
      }
      this.#copy(fd, at, size);
    } finally {
      closeSync(fd);
    }
  }

  #copy(fd: number, from: number, to: number): void {
    const buffer = new Uint8Array(Math.min(CHUNK, to - from));
    for (let at = from; at < to; ) {
      const count = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
      if (count === 0) throw new Error('it became shorter while it was copied');
      this.#out.append(buffer.subarray(0, count));
      at += count;
    }
  }

  #card(change: Change, followed: boolean): void {
    const bytes = this.#staging.read(change.at, change.length);
    this.#out.append(followed ? endComponent(bytes, NAME, change.ended) : bytes);
  }

  /** A card begins on a line of its own. */
  #endLine(): void {
    const { length } = this.#out;
    if (length === 0) return;
    const [last] = this.#out.read(length - 1, 1);
    if (last === 0x0a || last === 0x0d) return;
    this.#out.append(lineEndOf(this.#out.read(0, Math.min(length, CHUNK))));
  }
}

/** A file name made of the uid that is not in use; it is taken then. */
function freeName(folder: BytePath, uid: string, taken: Set<BytePath>): BytePath {
  const safe =
    uid
      .replace(/[^A-Za-z0-9@+=._-]+/g, '_')
      .replace(/^\.+/, '')
      .slice(0, 120) || 'card';
  for (let number = 1; ; number++) {
    const name = `${safe}${number === 1 ? '' : `-${number}`}.vcf`;
    // Where case does not count, twins would be one file.
    const key = name.toLowerCase();
    if (taken.has(key) || lstatSync(fsPath(join(folder, name)), { throwIfNoEntry: false })) continue;
    taken.add(key);
    return name;
  }
}
