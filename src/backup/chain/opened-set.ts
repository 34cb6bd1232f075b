import {
  CryptoError,
  commitment,
  joinShares,
  openFrames,
  openPlainFrames,
  type StoredFrame,
  segmentKey,
} from '../../crypto/index.ts';
import { fromBase64Url, release, toBase64Url } from '../../lib/bytes.ts';
import {
  type ChainPlace,
  envelopeName,
  type FramePlace,
  type IndexHeader,
  type IndexPart,
  type Manifest,
  type ManifestEnvelope,
  type ManifestSegment,
  type SegmentTable,
  segmentHashInput,
  segmentPath,
} from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import { fetchEnvelope, openNamed, originalOf } from './envelopes.ts';
import { readPinned, type VerifiedManifest } from './manifests.ts';
import { isNotHere, Rewraps } from './rewraps.ts';

/** Manifests read at the same time. */
const AT_ONCE = 6;

/**
 * A set with what it builds on: manifests pinned by hash, data keys as envelopes give them, frames checked against
 * their hashes and opened. Everything is read when it is first needed.
 */
export class OpenedSet {
  readonly place: ChainPlace;
  readonly verified: VerifiedManifest;
  readonly #context: EngineContext;
  readonly #rewraps: Rewraps;
  readonly #manifests = new Map<string, Promise<Manifest>>();
  readonly #keys = new Map<string, Promise<Map<string, Uint8Array>>>();
  /** What database ids stand for, by the indexes that were opened; and the index of each database and class. */
  readonly #meaning = new Map<string, string>();
  readonly #indexOf = new Map<string, string>();
  /** Tables of the indexes that were opened, and whether their index is plain; and those that the manifests confirm. */
  readonly #tables = new Map<SegmentTable, boolean>();
  readonly #checked = new Set<SegmentTable>();

  constructor(context: EngineContext, verified: VerifiedManifest) {
    this.#context = context;
    this.#rewraps = new Rewraps(context);
    this.verified = verified;
    this.place = { device: verified.manifest.device, chain: verified.manifest.chain };
    this.#manifests.set(verified.manifest.set, Promise.resolve(verified.manifest));
  }

  get manifest(): Manifest {
    return this.verified.manifest;
  }

  /** The manifest of this set or of one that it uses. */
  manifestOf(set: string): Promise<Manifest> {
    let known = this.#manifests.get(set);
    if (!known) {
      const used = this.manifest.uses.find((one) => one.set === set);
      if (!used)
        throw new BackupError('ERR_MANIFEST', `set ${this.manifest.set}: uses ${set} without saying so`);
      known = readPinned(this.#context, this.place, used).then((verified) => verified.manifest);
      this.#manifests.set(set, known);
    }
    return known;
  }

  /** Reads the manifests of sets, some at a time: each is a request, and an old chain may use hundreds. */
  async readManifests(sets: readonly string[]): Promise<void> {
    const ids = [...new Set(sets)].filter((id) => !this.#manifests.has(id));
    for (let at = 0; at < ids.length; at += AT_ONCE)
      await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => this.manifestOf(id)));
  }

  /** Whether a set has a database unencrypted. */
  async isPlain(set: string, database: string): Promise<boolean> {
    const { databases } = await this.manifestOf(set);
    return databases.some(({ id, plain }) => id === database && plain);
  }

  /**
   * The data key of a database id in a set. One envelope is opened once.
   * @throws CryptoError `ERR_NO_KEY`, `ERR_NOT_AUTHENTIC`, `ERR_COMMITMENT`
   */
  async dataKey(set: string, database: string): Promise<Uint8Array> {
    const { keyring } = await this.manifestOf(set);
    const holding = keyring.envelopes.filter((one) => one.databases.some(({ id }) => id === database));
    const [first] = holding;
    if (!first)
      throw new BackupError('ERR_MANIFEST', `set ${set}: no envelope holds the key of database ${database}`);
    if (first.side === undefined) return this.#held(keyring.id, first, database);
    return this.#joined(set, keyring.id, holding, database);
  }

  /** Custody `all`: a share from each side (U1). */
  async #joined(
    set: string,
    keyring: string,
    holding: readonly ManifestEnvelope[],
    database: string,
  ): Promise<Uint8Array> {
    const [company, user] = (['company', 'user'] as const).map((side) =>
      holding.find((one) => one.side === side),
    );
    if (!company || !user)
      throw new BackupError(
        'ERR_MANIFEST',
        `set ${set}: only one side holds a share for database ${database}`,
      );
    const { platform } = this.#context;
    const shares = {
      company: await this.#held(keyring, company, database),
      user: await this.#held(keyring, user, database),
    };
    const id = fromBase64Url(database);
    const key = joinShares(platform, shares, fromBase64Url(keyring), id);
    const is = toBase64Url(commitment(platform, key, fromBase64Url(this.place.chain), id));
    for (const envelope of [company, user])
      if (envelope.databases.find((one) => one.id === database)?.commitment !== is)
        throw new CryptoError(
          'ERR_COMMITMENT',
          `set ${set}: the shares give another key than was committed to`,
        );
    return key;
  }

  /** What an envelope holds for a database: its key, or a share of it. */
  async #held(keyring: string, envelope: ManifestEnvelope, database: string): Promise<Uint8Array> {
    const name = envelopeName(this.place, keyring, envelope.number);
    // Another manifest may name another envelope there: it is compared and opened by itself.
    const cached = `${name} ${envelope.hash}`;
    let keys = this.#keys.get(cached);
    if (!keys) {
      keys = this.#openEnvelope(keyring, envelope);
      this.#keys.set(cached, keys);
    }
    const key = (await keys).get(database);
    if (!key) throw new BackupError('ERR_MANIFEST', `envelope ${name}: without the key of ${database}`);
    return key;
  }

  /** As it was stored, or wrapped anew since. */
  async #openEnvelope(keyring: string, envelope: ManifestEnvelope): Promise<Map<string, Uint8Array>> {
    const named = { place: this.place, keyring, envelope };
    const original = originalOf(named);
    try {
      return await openNamed(this.#context, named, original, await fetchEnvelope(this.#context, original));
    } catch (error) {
      // What is shared is wrapped once: those who may read it see no other chains.
      const again = isNotHere(error) && !this.#context.shares ? await this.#rewraps.open(named) : undefined;
      if (again) return again;
      throw error;
    }
  }

  /**
   * An index was opened: its own ids and those of its tables stand for its database and class, and for no other; and no
   * other index is one of them.
   * @throws BackupError `ERR_SEGMENT`
   */
  bind(parts: readonly IndexPart[], headers: readonly IndexHeader[], plain: boolean): void {
    const { database, class: itemClass } = headers[0]!;
    const meaning = `${itemClass} ${database}`;
    const index = parts.map((part) => `${part.set}/${part.database}`).join();
    if ((this.#indexOf.get(meaning) ?? index) !== index)
      throw new BackupError('ERR_SEGMENT', `set ${this.manifest.set}: two indexes of one database`);
    this.#indexOf.set(meaning, index);
    const tables = headers.flatMap((header) => header.tables.map((table) => toBase64Url(table.database)));
    for (const id of new Set([...parts.map((part) => part.database), ...tables])) {
      if ((this.#meaning.get(id) ?? meaning) !== meaning)
        throw new BackupError(
          'ERR_SEGMENT',
          `set ${this.manifest.set}: an index says of id ${id} that it is another database than a second one does`,
        );
      this.#meaning.set(id, meaning);
    }
    for (const { tables } of headers) for (const table of tables) this.#tables.set(table, plain);
  }

  /**
   * Checks tables of opened indexes against the manifests of the sets that wrote the segments, each once.
   * @throws BackupError `ERR_SEGMENT`, and what reading the manifests throws
   */
  async checkTables(tables: Iterable<SegmentTable>): Promise<void> {
    const unchecked = [...tables].filter((table) => !this.#checked.has(table));
    await this.readManifests(unchecked.map(({ set }) => toBase64Url(set)));
    for (const table of unchecked) {
      await this.#checkTable(table);
      this.#checked.add(table);
    }
  }

  async #checkTable(table: SegmentTable): Promise<void> {
    const set = toBase64Url(table.set);
    const database = toBase64Url(table.database);
    const segment = await this.#segment(set, database, toBase64Url(table.id));
    if ((await this.isPlain(set, database)) !== this.#tables.get(table))
      throw new BackupError(
        'ERR_SEGMENT',
        `segment ${set}/${segment.id}: only one of it and its index is encrypted`,
      );
    const hash = this.#context.platform.sha256(segmentHashInput('data', table.salt, table.frames));
    if (segment.stream !== 'data' || segment.hash !== toBase64Url(hash))
      throw new BackupError(
        'ERR_SEGMENT',
        `segment ${set}/${segment.id}: the index and the manifest disagree`,
      );
  }

  async #segment(set: string, database: string, id: string): Promise<ManifestSegment> {
    const manifest = await this.manifestOf(set);
    const segment = manifest.databases
      .find((one) => one.id === database)
      ?.segments.find((one) => one.id === id);
    if (!segment) throw new BackupError('ERR_SEGMENT', `segment ${set}/${id}: in no manifest`);
    return segment;
  }

  /** Reads `count` frames of a data segment of an opened index from number `first` on, checks and opens them. */
  async frames(table: SegmentTable, first: number, count: number): Promise<Uint8Array[]> {
    await this.checkTables([table]);
    const { platform, destination } = this.#context;
    const set = toBase64Url(table.set);
    const name = segmentPath(this.place, set, toBase64Url(table.id));
    const wanted = table.frames.slice(first, first + count);
    const start = wanted[0]!.offset;
    const end = wanted.at(-1)!.offset + wanted.at(-1)!.length;
    const bytes = await destination.getRange({ name, offset: start, length: end - start });
    const stored = wanted.map((frame, i) => {
      const part = bytes.subarray(frame.offset - start, frame.offset - start + frame.length);
      if (toBase64Url(platform.sha256(part)) !== toBase64Url(frame.hash))
        throw new BackupError('ERR_SEGMENT', `segment ${name}: frame ${first + i} was altered`);
      return { number: first + i, bytes: part };
    });
    const open = await this.#opener({ ...table, stream: 'data' }, name);
    const plain = await open(stored);
    // Plain frames may lie in what was read.
    if (plain.every(({ buffer }) => buffer !== bytes.buffer)) release(bytes);
    return plain;
  }

  /** Opens frames of one segment; their hashes have been compared. */
  async #opener(
    place: FramePlace,
    name: string,
  ): Promise<(frames: readonly StoredFrame[]) => Promise<Uint8Array[]>> {
    const { platform } = this.#context;
    const [set, database] = [toBase64Url(place.set), toBase64Url(place.database)];
    if (await this.isPlain(set, database)) return (frames) => openPlainFrames(platform, frames, name);
    const key = segmentKey(platform, await this.dataKey(set, database), place);
    return (frames) => openFrames(platform, key, place, frames, name);
  }

  /** Reads a whole segment and checks it against its manifest, without opening it. */
  async wholeSegment(set: string, database: string, segment: ManifestSegment) {
    const { platform, destination } = this.#context;
    const name = segmentPath(this.place, set, segment.id);
    const data = await destination.getSegment(name);
    const frames = data.frames.map((bytes) => ({ hash: platform.sha256(bytes) }));
    const hash = platform.sha256(segmentHashInput(data.stream, data.salt, frames));
    if (
      toBase64Url(data.set) !== set ||
      toBase64Url(data.database) !== database ||
      toBase64Url(data.id) !== segment.id ||
      data.stream !== segment.stream ||
      toBase64Url(hash) !== segment.hash
    )
      throw new BackupError('ERR_SEGMENT', `segment ${name}: not the one that the manifest names`);
    return { name, data };
  }

  /** Whether a whole segment is there, as its manifest says; nothing of it stays in memory. */
  async checkSegment(set: string, database: string, segment: ManifestSegment): Promise<void> {
    const { data } = await this.wholeSegment(set, database, segment);
    for (const frame of data.frames) release(frame);
  }

  /** The index segments that make a part, in order. */
  async #indexSegments({ set, database, segments }: IndexPart): Promise<ManifestSegment[]> {
    if (segments) return Promise.all(segments.map((id) => this.#segment(set, database, id)));
    const manifest = await this.manifestOf(set);
    return [...(manifest.databases.find((one) => one.id === database)?.segments ?? [])];
  }

  /** The plaintext of a part of an index, frame by frame. */
  async *indexFrames(part: IndexPart): AsyncGenerator<Uint8Array> {
    const { set, database } = part;
    // Without the key nothing is fetched.
    if (!(await this.isPlain(set, database))) await this.dataKey(set, database);
    for (const segment of await this.#indexSegments(part)) {
      if (segment.stream !== 'index') continue;
      const { name, data } = await this.wholeSegment(set, database, segment);
      const place: FramePlace = {
        set: fromBase64Url(set),
        database: fromBase64Url(database),
        stream: 'index',
        salt: data.salt,
      };
      const open = await this.#opener(place, name);
      const group = 16;
      for (let i = 0; i < data.frames.length; i += group)
        yield* await open(data.frames.slice(i, i + group).map((bytes, j) => ({ number: i + j, bytes })));
    }
  }
}
