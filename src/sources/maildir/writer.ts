/** Writing mail back (U7): decided and staged here; `commit` gives the messages their places. */
import { createHash, hash } from 'node:crypto';
import {
  closeSync,
  constants,
  futimesSync,
  mkdirSync,
  openSync,
  readSync,
  rmdirSync,
  rmSync,
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
import {
  type BytePath,
  fromText,
  fsPath,
  join,
  notWritten,
  parentOf,
  reasonOf,
  sweep,
  Temporaries,
  type Temporary,
} from '../files/index.ts';
import { carryOut, type Planned } from './commit.ts';
import { flagsOf, type MailPlace, placeOf } from './names.ts';
import { folderPath, isFolder, lookAt, type Message, messagesOf } from './walk.ts';

const PRIVATE = 0o700;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export function maildirWriter(root: BytePath, name: string, options: WriterOptions): SourceWriter {
  try {
    const stat = statSync(fsPath(root), { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) throw new Error('it is not a directory');
    if (!options.dryRun) for (const directory of [root, join(root, 'tmp')]) sweep(directory);
    return new MaildirWriter(root, name, options);
  } catch (error) {
    const message = `cannot write to ${name}: ${reasonOf(error)}`;
    throw new SourceError('ERR_SOURCE_WRITE', message, { cause: error });
  }
}

class MaildirWriter implements SourceWriter {
  readonly #root: BytePath;
  readonly #name: string;
  readonly #options: WriterOptions;
  readonly #temporaries = new Temporaries();
  /** The messages of each folder by uid. */
  readonly #there = new Map<BytePath, Map<BytePath, Message>>();
  readonly #planned = new Map<BytePath, Planned>();
  readonly #folders = new Set<BytePath>();
  #staging: BytePath | undefined;
  /** The uppermost directory that was made for the root. */
  #made: BytePath | undefined;
  #count = 0;

  constructor(root: BytePath, name: string, options: WriterOptions) {
    this.#root = root;
    this.#name = name;
    this.#options = options;
  }

  async put(item: ItemHead, _size: number, content: Content): Promise<Written> {
    const place = placeOf(item);
    if (place.unique === '') return this.#attempt(() => this.#folder(place.folder));
    const incoming = await this.#receive(item, content);
    try {
      return this.#attempt(() => this.#message(place, incoming));
    } finally {
      if (incoming.staged !== undefined) rmSync(fsPath(incoming.staged), { force: true });
    }
  }

  async commit(): Promise<void> {
    try {
      const planned = [...this.#planned.values()];
      if (this.#options.dryRun || planned.length + this.#folders.size === 0) return;
      this.#stage();
      await carryOut(this.#root, planned, this.#folders);
    } catch (error) {
      throw notWritten(this.#name, error);
    } finally {
      this.#discard();
    }
  }

  async abort(): Promise<void> {
    this.#discard();
    if (this.#made === undefined) return;
    try {
      for (let path = this.#root; path.length >= this.#made.length; path = parentOf(path))
        rmdirSync(fsPath(path));
    } catch {
      // Someone put something into it: it stays.
    }
  }

  #folder(folder: BytePath): Written {
    if (this.#folders.has(folder) || isFolder(this.#root, folder)) return 'kept';
    this.#folders.add(folder);
    return 'added';
  }

  #message(place: MailPlace, incoming: Received): Written {
    const { folder, unique, box, name } = place;
    const uid = folder === '' ? unique : `${folder}/${unique}`;
    const before = this.#planned.get(uid) ?? this.#existing(folder, uid);
    const full = `${box}/${name}`;
    if (!before) {
      this.#plan({ folder, name: full, uid, there: false, ...this.#keep(incoming) });
      return 'added';
    }
    if (this.#same(before, incoming)) {
      if (this.#options.keepBoth || before.name === full) return 'kept';
      this.#plan({ ...before, name: full });
      return 'replaced';
    }
    if (!this.#options.keepBoth) {
      this.#plan({ ...before, name: full, ...this.#keep(incoming) });
      return 'replaced';
    }
    const beside = `${hash('sha256', `${unique}\n${incoming.digest}`, 'hex').slice(0, 32)}.holdfast`;
    const other = folder === '' ? beside : `${folder}/${beside}`;
    if (this.#planned.has(other) || this.#existing(folder, other)) return 'kept';
    const besideName = `${box}/${beside}${flagsOf(name)}`;
    this.#plan({ folder, name: besideName, uid: other, there: false, ...this.#keep(incoming) });
    return 'kept-both';
  }

  #plan(planned: Planned): void {
    const before = this.#planned.get(planned.uid);
    if (before?.staged !== undefined && before.staged !== planned.staged && before.staged !== '')
      rmSync(fsPath(before.staged), { force: true });
    this.#planned.set(planned.uid, planned);
  }

  #existing(folder: BytePath, uid: BytePath): Planned | undefined {
    let messages = this.#there.get(folder);
    if (!messages) {
      const found = isFolder(this.#root, folder) ? messagesOf(this.#root, folder) : [];
      messages = new Map(found.map((message) => [message.uid, message]));
      this.#there.set(folder, messages);
    }
    const message = messages.get(uid);
    return message && { folder, name: message.name, uid, there: true, staged: undefined, digest: undefined };
  }

  #same(planned: Planned, incoming: Received): boolean {
    if (planned.digest !== undefined) return planned.digest === incoming.digest;
    const path = join(folderPath(this.#root, planned.folder), planned.name);
    if (lookAt(path)?.size !== incoming.size) return false;
    return digestOf(path) === incoming.digest;
  }

  /** Hashes the bytes; those of a large message are put by as they come, unless it is a dry run. */
  async #receive(item: ItemHead, content: Content): Promise<Received> {
    const { time } = item;
    if (content.kind === 'bytes') {
      const { bytes } = content;
      return { size: bytes.length, digest: hash('sha256', bytes, 'hex'), time, bytes, staged: undefined };
    }
    const digest = createHash('sha256');
    const out = this.#options.dryRun ? undefined : this.#attempt(() => this.#temporary());
    let size = 0;
    try {
      for await (const chunk of content.chunks) {
        digest.update(chunk);
        size += chunk.length;
        this.#attempt(() => out?.append(chunk));
      }
      const staged = out && this.#attempt(() => this.#putBy(out, time));
      return { size, digest: digest.digest('hex'), time, bytes: undefined, staged };
    } finally {
      out?.discard();
    }
  }

  /** The bytes stay when `put` ends. */
  #keep(incoming: Received): { staged: BytePath; digest: string } {
    const { bytes, digest, time } = incoming;
    let staged = incoming.staged ?? '';
    if (bytes && !this.#options.dryRun) {
      const out = this.#temporary();
      try {
        out.append(bytes);
        staged = this.#putBy(out, time);
      } finally {
        out.discard();
      }
    }
    incoming.staged = undefined;
    return { staged, digest };
  }

  #temporary(): Temporary {
    return this.#temporaries.create(this.#stage(), 0o600);
  }

  #putBy(out: Temporary, time: number): BytePath {
    if (time !== 0) futimesSync(out.fd, time / 1000, time / 1000);
    const staged = join(this.#stage(), `${this.#count++}`);
    out.moveTo(staged);
    return staged;
  }

  #stage(): BytePath {
    if (this.#staging !== undefined) return this.#staging;
    const made = mkdirSync(fsPath(this.#root), { recursive: true, mode: PRIVATE });
    if (made !== undefined) this.#made = fromText(made);
    const temporary = join(this.#root, 'tmp');
    this.#staging = this.#temporaries.directory(lookAt(temporary)?.isDirectory() ? temporary : this.#root);
    return this.#staging;
  }

  #discard(): void {
    this.#temporaries.discardAll();
    this.#staging = undefined;
  }

  #attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw notWritten(this.#name, error);
    }
  }
}

interface Received {
  readonly size: number;
  readonly digest: string;
  /** Of the message, Unix ms. */
  readonly time: number;
  /** Of a small one. */
  readonly bytes: Uint8Array | undefined;
  /** Where those of a large one are put by. */
  staged: BytePath | undefined;
}

function digestOf(path: BytePath): string {
  const digest = createHash('sha256');
  const buffer = new Uint8Array(1024 * 1024);
  const fd = openSync(fsPath(path), FLAGS);
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer))
      digest.update(buffer.subarray(0, count));
  } finally {
    closeSync(fd);
  }
  return digest.digest('hex');
}
