import type { FileHandle } from 'node:fs/promises';
import { IPD_FIELD_HEAD, IPD_RECORD_HEAD } from '../../formats/ipd/index.ts';
import { equalBytes, utf8 } from '../../lib/bytes.ts';
import {
  type Destination,
  DestinationError,
  type ObjectKind,
  type SegmentData,
  type StoredSegment,
} from '../../set/index.ts';
import { Contents, type Ending } from './contents.ts';
import { IpdFileError } from './errors.ts';
import { chainFields, encodeOpening, isName, OBJECT_TYPES, OPENING } from './layout.ts';
import { headerNames, placeOf } from './names.ts';
import { Output } from './output.ts';
import { Payloads } from './payloads.ts';
import { discardPartial, dropOlder, openPartial, partialOf, resolvePlace, takePlace } from './place.ts';
import { Reading } from './read.ts';

export interface IpdFileOptions {
  /** Where the file is to be, once it is complete. */
  readonly path: string;
  /** Real names of all databases that will be in it: they stand before the first record. */
  readonly databases: readonly string[];
  /** Name of a database by its id in the set, base64url. Asked when its first segment of data is put. */
  readonly nameOf: (database: string) => string | undefined;
  /** An existing file is replaced, in one step, when the new one is complete. */
  readonly replace?: boolean;
}

/** What a backup file takes, unlike a storage area. Two segments fit between two checkpoints. */
export const LIMITS = {
  segmentLimit: 4 * 1024 * 1024,
  checkpointEvery: 8 * 1024 * 1024,
  takesPlain: true,
} as const;

/**
 * Begins a backup file. It grows as `PATH.partial`; `finish` gives it its name.
 * @throws IpdFileError `ERR_FILE_EXISTS`, `ERR_FILE_MISSING`, `ERR_FILE_NAMES`; DestinationError
 */
export async function createIpdFile(options: IpdFileOptions): Promise<IpdFile> {
  const names = headerNames(options.databases);
  const place = await resolvePlace(options.path, options.replace ?? false);
  const file = await openPartial(place);
  const output = new Output(partialOf(place), file);
  try {
    await output.header(names);
  } catch (error) {
    await discardPartial(file, place);
    await file.close();
    throw error;
  }
  return new IpdFile(options, place, file, output);
}

/** A backup file being made. One thing is written after the other, whoever asks at the same time. */
export class IpdFile implements Destination {
  readonly label: string;
  readonly segmentLimit = LIMITS.segmentLimit;
  readonly checkpointEvery = LIMITS.checkpointEvery;
  readonly takesPlain = LIMITS.takesPlain;
  readonly #options: IpdFileOptions;
  readonly #place: string;
  readonly #file: FileHandle;
  readonly #output: Output;
  readonly #contents = new Contents();
  readonly #reading: Reading;
  #last: Promise<unknown> = Promise.resolve();
  #state: 'growing' | 'finished' | 'closed' = 'growing';

  constructor(options: IpdFileOptions, place: string, file: FileHandle, output: Output) {
    this.label = options.path;
    this.#options = options;
    this.#place = place;
    this.#file = file;
    this.#output = output;
    this.#reading = new Reading(partialOf(place), file, this.#contents);
  }

  putSegment(name: string, segment: SegmentData): Promise<StoredSegment> {
    return this.#inTurn(async () => {
      if (this.#contents.get(name)) return this.#sameSegment(name, segment);
      this.#requireGrowing();
      return this.#writeSegment(name, segment);
    });
  }

  putObject(name: string, kind: ObjectKind, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const known = this.#contents.get(name);
      if (known?.kind === kind && (await this.#isObject(name, bytes))) return;
      const closes = kind === 'checkpoint' || kind === 'manifest';
      if (known && !(known.kind === 'checkpoint' && closes)) throw conflict(name);
      this.#requireGrowing();
      if (!isName(name)) throw malformed(name, 'cannot be the name of an object');
      await this.#writeObject(name, kind, bytes);
    });
  }

  getSegment(name: string): Promise<SegmentData> {
    return this.#reading.segment(name);
  }

  getRange(range: Parameters<Destination['getRange']>[0]): Promise<Uint8Array> {
    return this.#reading.range(range);
  }

  getObject(name: string, limit: number): Promise<Uint8Array> {
    return this.#reading.object(name, limit);
  }

  async *list(prefix: string): ReturnType<Destination['list']> {
    yield* this.#contents.list(prefix);
  }

  async remove(names: readonly string[]): Promise<void> {
    const there = names.find((name) => this.#contents.get(name));
    if (there !== undefined)
      throw new IpdFileError(
        'ERR_FILE_UNCHANGEABLE',
        `${this.label}: ${there} cannot be taken out of a backup file`,
      );
  }

  /** How far it has come. */
  get ending(): Ending {
    return this.#contents.ending;
  }

  /** Gives the complete file its name, durably. @throws IpdFileError `ERR_FILE_INCOMPLETE`, `ERR_FILE_EXISTS` */
  finish(): Promise<void> {
    return this.#inTurn(() => this.#finish());
  }

  async #finish(): Promise<void> {
    if (this.#state === 'finished') return;
    if (this.#contents.ending !== 'manifest')
      throw new IpdFileError('ERR_FILE_INCOMPLETE', `${this.label}: it has no manifest yet`);
    await this.#output.sync();
    await takePlace(this.#file, this.#place, this.#options.replace ?? false);
    this.#state = 'finished';
  }

  /**
   * Finishes a complete file. One with a checkpoint stays as `PATH.partial`, usable up to there; one without is taken
   * away.
   */
  async close(): Promise<void> {
    await this.#last.catch(() => {});
    if (this.#state === 'closed') return;
    try {
      if (this.#contents.ending === 'manifest') await this.#finish();
      else if (this.#contents.ending === 'none') await discardPartial(this.#file, this.#place);
    } finally {
      this.#state = 'closed';
      await this.#file.close();
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(
      () => task(),
      () => task(),
    );
    this.#last = turn.catch(() => {});
    return turn;
  }

  #requireGrowing(): void {
    if (this.#state !== 'growing')
      throw new IpdFileError('ERR_FILE_UNCHANGEABLE', `${this.label}: is finished and is not changed`);
  }

  async #writeSegment(name: string, segment: SegmentData): Promise<StoredSegment> {
    const { frames, ...rest } = segment;
    const opening = { ...rest, frames: frames.length, name };
    const head = encodeOpening(opening);
    if (!head || frames.some((frame) => frame.length === 0))
      throw malformed(name, 'is not the name of this segment, or it has an empty frame');
    const { databases, nameOf } = this.#options;
    const holdfast = databases.length;
    const database = segment.stream === 'index' ? holdfast : placeOf(databases, nameOf, segment.database);
    const payloads = new Payloads();
    await this.#output.whole(async () => {
      await this.#output.record(holdfast, [{ type: OPENING, data: head }]);
      for (const frame of frames)
        payloads.add(
          (await this.#output.record(database, chainFields(frame))) + IPD_RECORD_HEAD,
          frame.length,
        );
    });
    this.#contents.add(name, { kind: 'segment', opening, payloads });
    return { offsets: payloads.offsets(), size: payloads.size };
  }

  async #writeObject(name: string, kind: ObjectKind, bytes: Uint8Array): Promise<void> {
    const closes = kind === 'manifest' || kind === 'checkpoint';
    // What it vouches for has to be there before it: file systems do not keep the order of writes.
    if (closes) await this.#output.sync();
    const payloads = new Payloads();
    const title = utf8(name);
    await this.#output.whole(async () => {
      const fields = [{ type: OBJECT_TYPES[kind], data: title }, ...chainFields(bytes)];
      const position = await this.#output.record(this.#options.databases.length, fields);
      payloads.add(position + IPD_RECORD_HEAD + IPD_FIELD_HEAD + title.length, bytes.length);
    });
    if (closes) await this.#output.sync();
    this.#contents.add(name, { kind, payloads });
    if (kind !== 'checkpoint') return;
    const { size } = await this.#file.stat();
    // It is in nobody's way but that of the room it takes.
    await dropOlder(this.#place, size).catch(() => {});
  }

  async #sameSegment(name: string, segment: SegmentData): Promise<StoredSegment> {
    const object = this.#contents.get(name)!;
    if (object.kind !== 'segment') throw conflict(name);
    const known = await this.#reading.segment(name);
    const same =
      known.stream === segment.stream &&
      known.frames.length === segment.frames.length &&
      (['set', 'database', 'id', 'salt'] as const).every((part) => equalBytes(known[part], segment[part])) &&
      known.frames.every((frame, i) => equalBytes(frame, segment.frames[i]!));
    if (!same) throw conflict(name);
    return { offsets: object.payloads.offsets(), size: object.payloads.size };
  }

  async #isObject(name: string, bytes: Uint8Array): Promise<boolean> {
    const { payloads } = this.#contents.get(name)!;
    return (
      payloads.size === bytes.length && equalBytes(await this.#reading.object(name, bytes.length), bytes)
    );
  }
}

const conflict = (name: string): DestinationError =>
  new DestinationError('ERR_OBJECT_CONFLICT', `${name}: another object of this name is in the file`);

const malformed = (name: string, what: string): DestinationError =>
  new DestinationError('ERR_OBJECT_MALFORMED', `${name}: ${what}`);
