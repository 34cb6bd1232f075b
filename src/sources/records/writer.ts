/** Writing records back (U7): what is to be added and replaced is decided and staged here; `commit` carries it out. */
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import {
  type Content,
  type ItemHead,
  SourceError,
  type SourceWriter,
  type WriterOptions,
  type Written,
} from '../../database/index.ts';
import { compareBytes, concat, showBytes } from '../../lib/bytes.ts';
import {
  type BytePath,
  errnoOf,
  fromBytes,
  fromText,
  fsPath,
  join,
  notWritten,
  type Place,
  type PlaceOptions,
  parentOf,
  placeOf,
  sweep,
  Temporaries,
  type Temporary,
  unavailable,
} from '../files/index.ts';
import { type Composed, composeAll, takePlaces } from './commit.ts';
import type { FoundFile } from './found.ts';
import { type Incoming, receive, type Stored } from './incoming.ts';
import type { RecordKind } from './kind.ts';
import { parseLayout } from './layout.ts';
import { isSafeName } from './names.ts';
import { renamed } from './renamed.ts';
import { findItems } from './scan.ts';
import { Target } from './target.ts';
import { layoutMark, parseUid } from './uid.ts';

/** @param name for messages */
export function recordWriter(
  kind: RecordKind,
  place: PlaceOptions,
  name: string,
  options: WriterOptions,
): SourceWriter {
  try {
    return new RecordWriter(
      kind,
      (several) => placeOf(place, (file) => kind.isFile(file, several)),
      name,
      options,
    );
  } catch (error) {
    throw unavailable(name, error);
  }
}

const MAX_LAYOUT = 128 * 1024 * 1024;

class RecordWriter implements SourceWriter {
  readonly #kind: RecordKind;
  readonly #placeFor: (several: boolean) => Place;
  #place: Place;
  readonly #name: string;
  readonly #options: WriterOptions;
  readonly #targets = new Map<BytePath, Target>();
  readonly #temporaries = new Temporaries();
  #staging: Temporary | undefined;
  #composed: Composed[] | undefined;
  /** The uppermost folder that was made for staging. */
  #made: BytePath | undefined;
  /** The named file whose items go into the one file of the place. */
  #from: BytePath | undefined;

  constructor(kind: RecordKind, place: (several: boolean) => Place, name: string, options: WriterOptions) {
    this.#kind = kind;
    this.#placeFor = place;
    this.#place = place(false);
    if (!options.dryRun) sweep(this.#place.folder);
    this.#name = name;
    this.#options = options;
  }

  async put(item: ItemHead, _size: number, content: Content): Promise<Written> {
    const { file, id } = parseUid(fromBytes(item.uid));
    const name = this.#fileName(item, file, id);
    const target = this.#targets.get(name) ?? (await this.#target(name));
    const mark = layoutMark(id);
    if (mark !== undefined) return putLayout(target, mark, await collect(item, content));

    const incoming = await receive(
      item,
      content,
      this.#kind,
      this.#options.dryRun ? undefined : () => this.#stage(),
    );
    const beside = (): ReturnType<typeof renamed> =>
      renamed(this.#kind, id, incoming, (stored) => this.#bytes(stored));
    const position = item.attributes.position ?? Number.MAX_SAFE_INTEGER;
    const put = (): Written =>
      target.put(
        id,
        incoming,
        position,
        (what) => this.#keep(what),
        this.#options.keepBoth ? beside : undefined,
      );
    return this.#attempt(put);
  }

  async prepare(): Promise<void> {
    if (this.#composed) return;
    const changed = [...this.#targets.values()].filter((target) => target.changed);
    if (this.#options.dryRun || changed.length === 0) {
      this.#composed = [];
      return;
    }
    try {
      const { folder } = this.#place;
      this.#composed = await composeAll(this.#kind, folder, changed, this.#stage(), this.#temporaries);
    } catch (error) {
      throw notWritten(this.#name, error);
    }
  }

  async commit(): Promise<void> {
    try {
      await this.prepare();
      if (this.#composed?.length) takePlaces(this.#place.folder, this.#composed);
    } catch (error) {
      throw notWritten(this.#name, error);
    } finally {
      this.#temporaries.discardAll();
      this.#staging = undefined;
      this.#composed = undefined;
    }
  }

  async abort(): Promise<void> {
    this.#temporaries.discardAll();
    this.#staging = undefined;
    if (this.#made === undefined) return;
    try {
      const top = this.#made;
      for (let folder = this.#place.folder; folder.length >= top.length; folder = parentOf(folder))
        rmdirSync(fsPath(folder));
    } catch {
      // Someone put something into it: it stays.
    }
  }

  /** Which file an item goes into. */
  #fileName(item: ItemHead, file: BytePath, id: string): BytePath {
    const first = this.#targets.size === 0 && this.#staging === undefined;
    if (first && file !== '' && !this.#place.exists) this.#place = this.#placeFor(true);
    if (this.#place.kind === 'file') {
      // Two files in one would mix items of one id.
      if ((this.#from ??= file) !== file) {
        const message = `${this.#name} is one file, but what is to be restored comes from several: restore it into a folder`;
        throw new SourceError('ERR_SOURCE_WRITE', message, {}, 'usage');
      }
      return this.#place.file;
    }
    const name = file || this.#place.file || this.#kind.fileFor(id);
    if (isSafeName(name, this.#kind)) return name;
    const message = `${showBytes(item.uid)} was not written: it names no file of a folder of kind ${this.#kind.kind}`;
    throw new SourceError('ERR_SOURCE_UNSAFE_NAME', message);
  }

  async #target(name: BytePath): Promise<Target> {
    const path = join(this.#place.folder, name);
    let found: FoundFile | string = name;
    try {
      found = await findItems(path, name, this.#kind);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw unavailable(this.#name, error);
    }
    const target = new Target(path, found, this.#kind.joins);
    this.#targets.set(name, target);
    return target;
  }

  #keep(incoming: Incoming): readonly Stored[] {
    if (this.#options.dryRun) return [];
    return incoming.parts.map((part): Stored => {
      if (part.in === 'staging') return part;
      const staging = this.#stage();
      const offset = staging.length;
      staging.append(part.bytes);
      return { in: 'staging', offset, length: part.bytes.length };
    });
  }

  #bytes(stored: Stored): Uint8Array {
    if (stored.in === 'memory') return stored.bytes;
    return this.#options.dryRun ? new Uint8Array(0) : this.#stage().read(stored.offset, stored.length);
  }

  #stage(): Temporary {
    if (this.#staging) return this.#staging;
    return this.#attempt(() => {
      const made = mkdirSync(fsPath(this.#place.folder), { recursive: true, mode: 0o700 });
      if (made !== undefined) this.#made = fromText(made);
      if (!statSync(fsPath(this.#place.folder)).isDirectory()) throw new Error('it is not a folder');
      this.#staging = this.#temporaries.create(this.#place.folder, 0o600);
      return this.#staging;
    });
  }

  #attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw notWritten(this.#name, error);
    }
  }
}

function putLayout(target: Target, mark: string, bytes: Uint8Array): Written {
  // An empty file that is there need not be made.
  if (parseLayout(bytes).length === 0 && target.identity) return 'kept';
  const before = target.layouts.get(mark);
  target.layouts.set(mark, bytes);
  // What stands around the items of a file that is there is left as it is.
  if (target.found) return 'kept';
  if (!before) return 'added';
  return compareBytes(before, bytes) === 0 ? 'kept' : 'replaced';
}

async function collect(item: ItemHead, content: Content): Promise<Uint8Array> {
  if (content.kind === 'bytes') return content.bytes.slice();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content.chunks) {
    length += chunk.length;
    if (length > MAX_LAYOUT)
      throw new SourceError('ERR_SOURCE_FORMAT', `${showBytes(item.uid)} is longer than a layout can be`);
    parts.push(chunk.slice());
  }
  return concat(...parts);
}
