/** A backup file in place of a storage area (B10, B11): one to be made, or one to be read. */
import { isAbsolutePath } from '../../../api/device/index.ts';
import type { IpdFileOptions } from '../../../destinations/ipd-file/index.ts';
import type { Destination } from '../../../set/index.ts';
import { notice, type OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { refuseOverlap } from '../home/index.ts';

/** Most runs are about an area, and load nothing of it. */
const fileRoom = () => import('../../../destinations/ipd-file/index.ts');

/** What a caller names is a storage area, by its URI, or a file. */
export const isFile = (destination: string | undefined): destination is string =>
  destination !== undefined && isAbsolutePath(destination);

/** @throws IpdFileError; DeviceError `ERR_NO_SET` when nothing in the file can be restored */
export async function openFile(path: string): Promise<Destination> {
  const { openIpdFile } = await fileRoom();
  const file = await openIpdFile(path);
  if (file.ending !== 'none') return file;
  await file.close();
  throw new DeviceError(
    'ERR_NO_SET',
    `${path}: no set is in it: it broke off before its first checkpoint, or was damaged`,
  );
}

/** A file under way. */
export interface FileRun {
  readonly destination: Destination;
  /** Gives the complete file its name. */
  finish(): Promise<void>;
  /** Always to be called: says what is left of a file that broke off. */
  close(): Promise<void>;
}

/** Begins a file, or in a dry run only looks whether it could be. */
export async function beginFile(
  context: OperationContext,
  options: IpdFileOptions,
  dryRun: boolean,
): Promise<FileRun> {
  const { path } = options;
  if (!/\.ipd$/i.test(path))
    throw new DeviceError('ERR_USAGE', `${path}: the name of a backup file ends in .ipd`);
  await refuseOverlap(context.home, path);
  const { createIpdFile, partialOf, planIpdFile } = await fileRoom();
  if (dryRun) {
    const destination = await planIpdFile(options);
    return { destination, finish: async () => {}, close: () => destination.close() };
  }
  const file = await createIpdFile(options);
  return {
    destination: file,
    finish: () => file.finish(),
    async close() {
      await file.close();
      if (file.ending !== 'checkpoint') return;
      const left = partialOf(path);
      notice(
        context,
        'BACKUP_FILE_PARTIAL',
        `${left} is usable up to its last checkpoint: restore --from it`,
      );
    },
  };
}
