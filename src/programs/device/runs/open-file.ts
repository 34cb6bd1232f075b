/** A backup file in place of a storage area (B10, B11): one to be made, or one to be read. */
import { isAbsolutePath } from '../../../api/device/index.ts';
import type { KeyHolder, KeyUse } from '../../../backup/index.ts';
import { ProtectedKeys } from '../../../custody/index.ts';
import {
  createIpdFile,
  type IpdFileOptions,
  openIpdFile,
  partialOf,
  planIpdFile,
} from '../../../destinations/ipd-file/index.ts';
import { BaseError } from '../../../lib/errors.ts';
import type { Destination } from '../../../set/index.ts';
import type { Session } from '../channel/index.ts';
import { notice, type OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { refuseOverlap } from '../home/index.ts';

/** What a caller names is a storage area, by its URI, or a file. */
export const isFile = (destination: string | undefined): destination is string =>
  destination !== undefined && isAbsolutePath(destination);

/** @throws IpdFileError; DeviceError `ERR_NO_SET` when nothing in the file can be restored */
export async function openFile(path: string): Promise<Destination> {
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

/**
 * The keys of this device for a file. Its data keys serve this one run and are kept nowhere; they are gone as soon as
 * a policy message has erased the keys that they are sealed to (B7).
 */
export function keysForFile({ memory, keys }: Session): KeyHolder {
  const own = new ProtectedKeys(memory, keys);
  const keyrings = new Map<string, Uint8Array>();
  const uses: KeyUse[] = [];
  const held = (): boolean => {
    try {
      for (const use of uses) own.recipients(use);
      return true;
    } catch (error) {
      if (error instanceof BaseError) return false;
      throw error;
    }
  };
  return {
    device: own.device,
    sign: (typ, payload) => own.sign(typ, payload),
    recipients(use) {
      uses.push(use);
      return own.recipients(use);
    },
    identities: () => own.identities(),
    keyring: (chain) => (held() ? keyrings.get(chain) : undefined),
    keepKeyring: (chain, state) => void keyrings.set(chain, state),
    forgetKeyring: (chain) => void keyrings.delete(chain),
  };
}
