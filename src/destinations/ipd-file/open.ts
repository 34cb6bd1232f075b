import { type FileHandle, open, stat } from 'node:fs/promises';
import { IpdError, IpdReader } from '../../formats/ipd/index.ts';
import type { Destination } from '../../set/index.ts';
import type { Ending } from './contents.ts';
import { LIMITS } from './create.ts';
import { errnoOf, fileFailure, IpdFileError } from './errors.ts';
import { partialOf } from './place.ts';
import { Reading } from './read.ts';
import { type DatabaseCount, Scan } from './scan.ts';

/** A backup file as it was found. */
export interface OpenedIpdFile extends Destination {
  /** As its records say; what is signed says it too (`kind` of the manifest). */
  readonly ending: Ending;
  /** What a plain IPD reader would list; nobody vouches for it. */
  readonly databases: readonly DatabaseCount[];
}

const CHUNK = 1024 * 1024;

/** Opens a backup file for reading, and finds what is in it. @throws IpdFileError, DestinationError */
export async function openIpdFile(path: string): Promise<OpenedIpdFile> {
  const file = await openFile(path);
  try {
    const scan = await scanFile(path, file);
    if (!scan.isOurs)
      throw new IpdFileError('ERR_FILE_NOT_BACKUP', `${path}: an IPD file, but no backup of ours is in it`);
    return destination(path, file, scan);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new IpdFileError('ERR_FILE_NOT_BACKUP', `${path}: is no file`);
  } catch (cause) {
    const partial = partialOf(path);
    if (errnoOf(cause) === 'ENOENT' && (await stat(partial).catch(() => undefined)))
      throw new IpdFileError(
        'ERR_FILE_MISSING',
        `${path}: was never completed, but ${partial} may be usable up to its last checkpoint`,
        { cause },
      );
    throw fileFailure(path, cause);
  }
}

async function scanFile(path: string, file: FileHandle): Promise<Scan> {
  const scan = new Scan();
  const reader = new IpdReader();
  const chunk = new Uint8Array(CHUNK);
  try {
    for (let at = 0; ; ) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK, at);
      for (const event of bytesRead ? reader.push(chunk.subarray(0, bytesRead)) : reader.end())
        scan.take(event);
      if (bytesRead === 0) return scan;
      at += bytesRead;
    }
  } catch (cause) {
    if (!(cause instanceof IpdError)) throw fileFailure(path, cause);
    throw new IpdFileError('ERR_FILE_NOT_BACKUP', `${path}: ${cause.message}`, { cause });
  }
}

function destination(path: string, file: FileHandle, scan: Scan): OpenedIpdFile {
  const reading = new Reading(path, file, scan.contents);
  const unchangeable = async (): Promise<never> => {
    throw new IpdFileError('ERR_FILE_UNCHANGEABLE', `${path}: a backup file is not changed; make another`);
  };
  return {
    label: path,
    ...LIMITS,
    ending: scan.contents.ending,
    databases: scan.databases(),
    getSegment: (name) => reading.segment(name),
    getRange: (range) => reading.range(range),
    getObject: (name, limit) => reading.object(name, limit),
    async *list(prefix) {
      yield* scan.contents.list(prefix);
    },
    putSegment: unchangeable,
    putObject: unchangeable,
    remove: unchangeable,
    close: () => file.close(),
  };
}
