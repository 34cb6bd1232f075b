import { hash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type Content,
  type ListedItem,
  type Source,
  SourceError,
  type SourceWriter,
} from '../../database/index.ts';
import { messageFacts } from '../../formats/mbox/index.ts';
import { concat } from '../../lib/bytes.ts';
import {
  type BytePath,
  errnoOf,
  fromBytes,
  fromText,
  fsPath,
  guarded,
  join,
  reasonOf,
  shown,
  sourceName,
  toBytes,
} from '../files/index.ts';
import { type Found, type Message, messagesOf, walk } from './walk.ts';
import { maildirWriter } from './writer.ts';

export interface MaildirOptions {
  readonly path: string;
  /** For messages. */
  readonly label?: string;
}

const BATCH = 1000;
const CHUNK = 1024 * 1024;
/** So much of a message is looked at for its subject. */
const HEAD = 16 * 1024;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export function maildirSource(options: MaildirOptions): Source {
  const root = fromText(resolve(options.path));
  const name = sourceName(options);
  return {
    kind: 'maildir',
    list: (skip) => list(root, name, skip),
    read: (item) => read(root, name, item),
    writer: async (writing): Promise<SourceWriter> => maildirWriter(root, name, writing),
    async close() {},
  };
}

async function* list(
  root: BytePath,
  name: string,
  skip: Parameters<Source['list']>[0],
): AsyncGenerator<readonly ListedItem[]> {
  let found: Found[];
  try {
    found = walk(root, skip);
  } catch (error) {
    const message = `cannot list ${name}: ${reasonOf(error)}`;
    throw new SourceError('ERR_SOURCE_UNAVAILABLE', message, { cause: error });
  }
  for (let at = 0; at < found.length; at += BATCH) {
    const batch: ListedItem[] = [];
    for (const one of found.slice(at, at + BATCH)) {
      try {
        const item = 'name' in one ? messageItem(root, one) : folderItem(one);
        if (item) batch.push(item);
      } catch (error) {
        skip({ uid: toBytes(one.uid), reason: `${shown(one.uid)}: ${reasonOf(error)}` });
      }
    }
    yield batch;
  }
}

const folderItem = ({ uid, folder }: Found): ListedItem => ({
  uid: toBytes(uid),
  title: shown(folder),
  type: 'inode/directory',
  time: 0,
  attributes: { directory: true },
  // Nothing about a folder can change.
  stamp: Uint8Array.of(1),
  size: 0,
  path: shown(uid),
});

function messageItem(root: BytePath, message: Message): ListedItem | undefined {
  const path = pathOf(root, message);
  let stat: BigIntStats;
  try {
    stat = lstatSync(fsPath(path), { bigint: true });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    // Somebody read or deleted it just now.
    const moved = messagesOf(root, message.folder).find(({ uid }) => uid === message.uid);
    return moved && moved.name !== message.name ? messageItem(root, moved) : undefined;
  }
  return {
    uid: toBytes(message.uid),
    // Read when it is asked for: of most messages nothing is new.
    get title() {
      return titleOf(path);
    },
    type: 'message/rfc822',
    time: timeOf(stat),
    attributes: { name: toBytes(message.name) },
    stamp: stampOf(stat, message.name),
    size: Number(stat.size),
    path: shown(message.uid),
  };
}

const pathOf = (root: BytePath, { folder, name }: { folder: BytePath; name: BytePath }): BytePath =>
  join(folder === '' ? root : join(root, folder), name);

/** A message is never written to (as maildir says), so that size, time and inode are enough. */
function stampOf({ size, mtimeNs, ino }: BigIntStats, name: BytePath): Uint8Array {
  const stamp = new Uint8Array(40);
  stamp.set(new Uint8Array(BigInt64Array.of(size, mtimeNs, BigInt.asIntN(64, ino)).buffer));
  stamp.set(hash('sha256', fsPath(name), 'buffer').subarray(0, 16), 24);
  return stamp;
}

/** Unix ms, rounded: restored times pass through floating-point seconds. */
const timeOf = ({ mtimeNs }: BigIntStats): number => Number((mtimeNs + 500_000n) / 1_000_000n);

function titleOf(path: BytePath): string {
  try {
    const fd = openSync(fsPath(path), FLAGS);
    try {
      const head = new Uint8Array(HEAD);
      return messageFacts(head.subarray(0, readSync(fd, head))).title;
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

function read(root: BytePath, name: string, item: ListedItem): Content {
  if (item.attributes.directory) return { kind: 'bytes', bytes: new Uint8Array(0) };
  const uid = fromBytes(item.uid);
  const folder = uid.slice(0, Math.max(0, uid.lastIndexOf('/')));
  const failure = (error: unknown): SourceError =>
    error instanceof SourceError
      ? error
      : new SourceError(
          'ERR_SOURCE_ITEM_UNREADABLE',
          `cannot read ${shown(uid)} in ${name}: ${reasonOf(error)}`,
          {
            cause: error,
          },
        );
  try {
    const fd = openMessage(root, { uid, folder, name: fromBytes(item.attributes.name ?? new Uint8Array(0)) });
    const chunks = chunksOf(fd, `${shown(uid)} in ${name}`);
    if (item.size > CHUNK) return { kind: 'stream', chunks: guarded(chunks, failure) };
    const parts = [...chunks];
    return { kind: 'bytes', bytes: parts.length === 1 ? parts[0]! : concat(...parts) };
  } catch (error) {
    throw failure(error);
  }
}

/** Its name may have changed since it was listed, as messages are read. */
function openMessage(root: BytePath, message: Message): number {
  try {
    return openSync(fsPath(pathOf(root, message)), FLAGS);
  } catch (error) {
    const moved = messagesOf(root, message.folder).find(({ uid }) => uid === message.uid);
    if (errnoOf(error) !== 'ENOENT' || !moved) throw error;
    return openSync(fsPath(pathOf(root, moved)), FLAGS);
  }
}

function* chunksOf(fd: number, name: string): Generator<Uint8Array> {
  try {
    const before = fstatSync(fd, { bigint: true });
    const changed = new SourceError('ERR_SOURCE_ITEM_CHANGED', `${name} changed while it was read`);
    if (!before.isFile()) throw changed;
    let length = 0;
    for (;;) {
      const buffer = new Uint8Array(Math.min(CHUNK, Number(before.size) - length + 1));
      const count = readSync(fd, buffer);
      if (count === 0) break;
      length += count;
      if (length > Number(before.size)) throw changed;
      yield buffer.subarray(0, count);
    }
    const after = fstatSync(fd, { bigint: true });
    if (length !== Number(before.size) || after.mtimeNs !== before.mtimeNs) throw changed;
  } finally {
    closeSync(fd);
  }
}
