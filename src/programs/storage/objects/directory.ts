import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../../../disk/index.ts';
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../../lib/bytes.ts';
import { DurableDirectories } from './durable.ts';
import { MAGIC, SUFFIX, TRAILER } from './layout.ts';
import { walk } from './listing.ts';
import { Names } from './names.ts';
import type { ObjectHead, ObjectStore, ObjectWriter, OpenObject, Stored } from './store.ts';

/** Larger pieces make fewer turns through the thread pool. */
const STREAM_CHUNK = 256 * 1024;

/**
 * Objects as files below `DIR/objects`, written in `DIR/incoming` first. One process at a time: what lies in
 * `incoming` when it starts is left from one that died, and is removed.
 */
export async function directoryStore(directory: string): Promise<ObjectStore> {
  const root = join(directory, 'objects');
  const incoming = join(directory, 'incoming');
  await mkdir(root, { recursive: true, mode: 0o700 });
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  for (const name of await readdir(incoming)) await unlink(join(incoming, name));
  await syncDirectory(directory);
  const directories = new DurableDirectories(root);
  const names = new Names();
  const fileOf = (area: string, path: string): string => join(root, area, path + SUFFIX);

  return {
    async head(area, path) {
      const object = await openObject(fileOf(area, path));
      await object?.close();
      return object;
    },

    open: (area, path) => openObject(fileOf(area, path)),

    create: (area, path) => createObject(directories, names, incoming, fileOf(area, path)),

    async remove(area, path) {
      const file = fileOf(area, path);
      try {
        const { size } = await stat(file);
        await unlink(file);
        names.changed(dirname(file));
        await directories.syncRemoval(dirname(file));
        await directories.prune(dirname(file), join(root, area));
        return Math.max(0, size - TRAILER);
      } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw cause;
      }
    },

    async list(area, { prefix, after, limit }) {
      const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const objects = [];
      for await (const object of walk(names, join(root, area, base), base, prefix, after)) {
        if (objects.length === limit) return { objects, more: true };
        objects.push(object);
      }
      return { objects, more: false };
    },

    all: (area) => walk(names, join(root, area), '', '', ''),
  };
}

async function openObject(file: string): Promise<OpenObject | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
  const head = await readHead(handle).catch(async (cause: unknown) => {
    await handle.close();
    throw cause;
  });
  if (!head) {
    await handle.close();
    return undefined;
  }
  return {
    ...head,
    async read(first, last) {
      const bytes = new Uint8Array(last - first + 1);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, first);
      return bytes.subarray(0, bytesRead);
    },
    stream: (first, last) =>
      handle.createReadStream({ start: first, end: last, highWaterMark: STREAM_CHUNK }),
    close: () => handle.close(),
  };
}

/** Undefined for a file that is none of ours or was cut: then it is as if it were not there. */
async function readHead(handle: FileHandle): Promise<ObjectHead | undefined> {
  const { size } = await handle.stat();
  if (size < TRAILER) return undefined;
  const trailer = new Uint8Array(TRAILER);
  await handle.read(trailer, 0, TRAILER, size - TRAILER);
  if (fromUtf8(trailer.subarray(32)) !== MAGIC) return undefined;
  return { size: size - TRAILER, digest: toBase64Url(trailer.subarray(0, 32)) };
}

async function createObject(
  directories: DurableDirectories,
  names: Names,
  incoming: string,
  file: string,
): Promise<ObjectWriter> {
  const temporary = join(incoming, randomBytes(16).toString('hex'));
  const handle = await open(temporary, 'wx', 0o600);
  let size = 0;
  return {
    async write(chunks) {
      for (const chunk of chunks) size += chunk.length;
      await writeAll(handle, chunks);
    },

    async commit(digest) {
      await writeAll(handle, [fromBase64Url(digest), utf8(MAGIC)]);
      await handle.datasync();
      await handle.close();
      const stored = await publish(directories, temporary, file, { size, digest });
      names.changed(dirname(file));
      await unlink(temporary).catch(() => {});
      await directories.sync(dirname(file));
      return stored;
    },

    async abort() {
      await handle.close().catch(() => {});
      await unlink(temporary).catch(() => {});
    },
  };
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let left = chunks.filter((chunk) => chunk.length > 0);
  while (left.length > 0) {
    let { bytesWritten } = await handle.writev(left);
    const rest: Uint8Array[] = [];
    for (const chunk of left) {
      if (bytesWritten >= chunk.length) bytesWritten -= chunk.length;
      else {
        rest.push(chunk.subarray(bytesWritten));
        bytesWritten = 0;
      }
    }
    left = rest;
  }
}

/** Gives a finished file its name, unless the name is taken. */
async function publish(
  directories: DurableDirectories,
  temporary: string,
  file: string,
  head: ObjectHead,
): Promise<Stored> {
  const parent = dirname(file);
  for (let tried = 0; ; tried++) {
    try {
      await directories.make(parent);
      await linkOrRename(temporary, file);
      return 'created';
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' && tried < 5) {
        // A deletion took the last neighbour's directory away meanwhile.
        directories.forget(parent);
        continue;
      }
      if (code !== 'EEXIST') throw cause;
      const present = await openObject(file);
      await present?.close();
      return present?.size === head.size && present.digest === head.digest ? 'same' : 'conflict';
    }
  }
}

/** A link fails when the name is taken, a rename would replace: it serves only where there are no links. */
async function linkOrRename(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EACCES') throw cause;
    // In one turn of the event loop, so that nothing of this process comes between.
    if (existsSync(file)) throw Object.assign(new Error('taken'), { code: 'EEXIST' });
    renameSync(temporary, file);
    return;
  }
}

const isMissing = (cause: unknown): boolean => {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
};
