/** Where a file is made and how it gets its name: beside its place, and only when it is whole. */
import {
  constants,
  type FileHandle,
  link,
  lstat,
  open,
  realpath,
  rename,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncIfReadable } from '../../disk/index.ts';
import { errnoOf, fileFailure, IpdFileError } from './errors.ts';

/** The name that a file has until it is complete. */
export const partialOf = (path: string): string => `${path}.partial`;

/** An earlier one that broke off: it stays until the new one is as far as it was. */
export const olderOf = (path: string): string => `${partialOf(path)}.old`;

/** Follows links, so that the file that is meant is replaced and not the link to it. @throws IpdFileError */
export async function resolvePlace(path: string, replace: boolean): Promise<string> {
  try {
    const place = await realpath(path);
    const found = await stat(place);
    if (!found.isFile()) throw new IpdFileError('ERR_FILE_EXISTS', `${path}: is there and is no file`);
    if (!replace) throw exists(path);
    return place;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileFailure(path, error);
  }
  const dangling = await lstat(path).catch(() => undefined);
  if (dangling) throw new IpdFileError('ERR_FILE_EXISTS', `${path}: is a link that leads nowhere`);
  return path;
}

/** A new file for this run alone; what an earlier one left unfinished is put aside. */
export async function openPartial(place: string): Promise<FileHandle> {
  const path = partialOf(place);
  const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW = 0 } = constants;
  try {
    await putAside(place);
    const file = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    await syncIfReadable(dirname(place));
    return file;
  } catch (cause) {
    throw fileFailure(path, cause);
  }
}

/** Of two that broke off the longer one is kept: no run gets further without taking all that came before it. */
async function putAside(place: string): Promise<void> {
  const [partial, older] = [partialOf(place), olderOf(place)];
  const [left, kept] = await Promise.all([sizeOf(partial), sizeOf(older)]);
  if (left !== undefined && left > (kept ?? 0)) await rename(partial, older);
  else await unlink(partial).catch(unlessMissing);
}

/** Undefined when there is no file. */
async function sizeOf(path: string): Promise<number | undefined> {
  const found = await lstat(path).catch(unlessMissing);
  return found?.isFile() ? found.size : undefined;
}

const unlessMissing = (error: unknown): undefined | Promise<never> =>
  errnoOf(error) === 'ENOENT' ? undefined : Promise.reject(error);

/** The new file is usable: an older one that does not reach further makes room. */
export async function dropOlder(place: string, reached: number): Promise<void> {
  const older = olderOf(place);
  if (((await sizeOf(older)) ?? Number.POSITIVE_INFINITY) <= reached)
    await unlink(older).catch(unlessMissing);
}

/** Gives the file its name, in one step and durably. @throws IpdFileError `ERR_FILE_EXISTS` */
export async function takePlace(file: FileHandle, place: string, replace: boolean): Promise<void> {
  const path = partialOf(place);
  try {
    await requireOwn(file, path);
    if (replace) await rename(path, place);
    else await linkInto(path, place);
    await unlink(olderOf(place)).catch(unlessMissing);
    await syncIfReadable(dirname(place));
  } catch (cause) {
    throw fileFailure(place, cause);
  }
}

/** Takes away a file that is of no use to anybody; one that was put aside for it comes back. */
export async function discardPartial(file: FileHandle, place: string): Promise<void> {
  const path = partialOf(place);
  const own = await requireOwn(file, path).then(
    () => true,
    () => false,
  );
  if (!own) return;
  await unlink(path).catch(() => {});
  await rename(olderOf(place), path).catch(() => {});
}

/** Another run may have taken the name for a file of its own. */
async function requireOwn(file: FileHandle, path: string): Promise<void> {
  const [own, there] = await Promise.all([
    file.stat({ bigint: true }),
    lstat(path, { bigint: true }).catch(() => undefined),
  ]);
  if (there?.ino !== own.ino || there.dev !== own.dev)
    throw new IpdFileError(
      'ERR_FILE_EXISTS',
      `${path}: another run writes there, or it was moved away; run it again`,
    );
}

/** A hard link never replaces what has come in the meantime; where there are none (FAT), it is looked for before. */
async function linkInto(path: string, place: string): Promise<void> {
  try {
    await link(path, place);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno === 'EEXIST') throw exists(place);
    if (!NO_LINKS.includes(errno)) throw error;
    if (await lstat(place).catch(() => undefined)) throw exists(place);
    await rename(path, place);
    return;
  }
  await unlink(path);
}

const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'];

const exists = (path: string): IpdFileError =>
  new IpdFileError(
    'ERR_FILE_EXISTS',
    `${path}: a file is there already; replace it with --replace, or name another`,
  );
