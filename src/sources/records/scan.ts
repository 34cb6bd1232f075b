/** Reads a file through and finds its items; holds little of each, and none of their bytes. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { SourceError } from '../../database/index.ts';
import { BaseError } from '../../lib/errors.ts';
import {
  type BytePath,
  type FileIdentity,
  fsPath,
  identityOf,
  READING,
  sameFile,
  shown,
} from '../files/index.ts';
import { Finder, type PartTaker } from './finder.ts';
import { Collector, type FoundFile } from './found.ts';
import type { RecordKind } from './kind.ts';

const CHUNK = 1024 * 1024;

export interface Scanned {
  readonly identity: FileIdentity;
  /** It was cut short, or broken otherwise. */
  readonly damage: string | undefined;
}

/**
 * @param end what is to be done with the open file when all of it has been found
 * @throws SourceError, or a system error, when it cannot be read completely
 */
export async function scan(
  path: BytePath,
  name: BytePath,
  kind: RecordKind,
  taker: PartTaker,
  end: (fd: number) => void,
): Promise<Scanned> {
  const fd = openSync(fsPath(path), READING);
  try {
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile()) throw new SourceError('ERR_SOURCE_FORMAT', `${shown(name)} is not a regular file`);
    const finder = new Finder(kind, taker);
    const cutter = kind.cutter(false);
    const buffer = new Uint8Array(Math.min(CHUNK, Number(before.size) + 1));
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
      finder.take(cutter.push(buffer.subarray(0, count)));
      await setImmediate();
    }
    finder.take(cutter.end());
    finder.end();
    end(fd);
    const identity = identityOf(fstatSync(fd, { bigint: true }));
    if (!sameFile(identityOf(before), identity))
      throw new SourceError('ERR_SOURCE_ITEM_CHANGED', `${shown(name)} changed while it was read; try again`);
    return { identity, damage: cutter.damage };
  } catch (error) {
    if (!(error instanceof BaseError) || error instanceof SourceError) throw error;
    const message = `cannot read ${shown(name)}: ${error.message}`;
    throw new SourceError('ERR_SOURCE_FORMAT', message, { cause: error });
  } finally {
    closeSync(fd);
  }
}

/** Of a file that is to be written. */
export async function findItems(path: BytePath, name: BytePath, kind: RecordKind): Promise<FoundFile> {
  const found = new Collector(kind);
  const scanned = await scan(path, name, kind, found, () => found.end());
  return { name, path, ...scanned, items: found.items, sequence: found.sequence };
}
