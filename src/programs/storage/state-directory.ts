import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { makeDirectory, replaceFile } from '../../disk/index.ts';
import { DEFAULT_LISTEN } from './config.ts';
import { StorageError } from './errors.ts';

/** Says what the directory is, and where the storage was reached when it was last started. */
const MARK = 'storage.json';
const markSchema = z.object({
  kind: z.literal('holdfast storage'),
  v: z.literal(1),
  url: z.string().optional(),
});

/**
 * Makes a state directory ready, or makes it. Nothing is written to one that holds other things, and nothing in it
 * is removed as left over: a slip in a path must do no harm.
 *
 * @throws StorageError `ERR_STORAGE_STATE`
 */
export async function claimDirectory(state: string): Promise<void> {
  try {
    await makeDirectory(resolve(state));
    const names = await readdir(state);
    const marked = names.includes(MARK);
    // What a crash left while the mark was written is no content.
    if (!marked && names.some((name) => !/^\.[0-9a-f]{16}\.tmp$/.test(name))) {
      throw refusal(`${state} is not empty, and not a storage's state directory; name another`);
    }
    checkPrivate(state, await stat(state));
    if (!marked) await writeMark(state, undefined);
    await readMark(state);
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw refusal(`${state} cannot be used as state directory: ${reasonOf(cause)}`, cause);
  }
}

/** Is it one? Looking makes none. @throws StorageError `ERR_STORAGE_STATE` */
export async function requireDirectory(state: string): Promise<void> {
  await readMark(state);
}

/** Keeps the address for those who print URIs. */
export const rememberUrl = (state: string, url: string): Promise<void> => writeMark(state, url);

/** Where the storage is reached, as far as it was ever started. */
export const rememberedUrl = async (state: string): Promise<string> =>
  (await readMark(state)).url ?? `http://${DEFAULT_LISTEN}`;

const writeMark = (state: string, url: string | undefined): Promise<void> =>
  replaceFile(join(state, MARK), `${JSON.stringify({ kind: 'holdfast storage', v: 1, url })}\n`);

async function readMark(state: string): Promise<z.infer<typeof markSchema>> {
  let text: string;
  try {
    text = await readFile(join(state, MARK), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const hint = 'holdfast storage start or storage area add makes one';
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw refusal(`${state} cannot be read: ${reasonOf(cause)}`, cause);
    throw refusal(`${state} is not a storage's state directory; ${hint}`, cause);
  }
  try {
    return markSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw refusal(`${state} was made by another program, or another version of this one`, cause);
  }
}

function checkPrivate(state: string, { uid, mode }: Stats): void {
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw refusal(`${state} belongs to another account than this program's`);
  }
  // Windows has no such modes.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw refusal(`${state} is open to others; run: chmod 700 ${state}`);
  }
}

const reasons: Partial<Record<string, string>> = {
  EEXIST: 'it is no directory',
  ENOTDIR: 'it is no directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

const reasonOf = (cause: unknown): string =>
  reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? (cause as Error).message;

const refusal = (message: string, cause?: unknown): StorageError =>
  new StorageError('ERR_STORAGE_STATE', message, { cause });
