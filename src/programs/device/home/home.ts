import { existsSync } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeDirectory } from '../../../disk/index.ts';
import { DeviceError, reason } from '../errors.ts';
import { writeDurably } from './write.ts';

/** Says what the directory is; `v` changes with its layout. */
const MARK = 'device.json';
const LAYOUT = 1;

export class Home {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** The keys that the device made for itself. */
  get identity(): string {
    return join(this.path, 'identity');
  }

  /** Policy keys and accepted policy messages: custody's protected memory. */
  get protectedMemory(): string {
    return join(this.path, 'protected.db');
  }

  /** What this device keeps of an owner who is a person: custody's owner memory. */
  get owner(): string {
    return join(this.path, 'owner.db');
  }

  /** The owner record of a user whose device a server governs: their own keys. */
  ownKeys(user: string): string {
    return join(this.path, `own-keys-${user}.db`);
  }

  /** What that user has agreed to. */
  get consents(): string {
    return join(this.path, 'consents.json');
  }

  /** Latest indexes, stamps of sources, the unfinished run: what `state` keeps; can be rebuilt. */
  get catalogue(): string {
    return join(this.path, 'catalogue.db');
  }

  get sources(): string {
    return join(this.path, 'sources.json');
  }

  /** Reports that the server has not taken yet, and this device's newest sets. */
  get outbox(): string {
    return join(this.path, 'outbox.json');
  }

  /** How the last backups went. */
  get backups(): string {
    return join(this.path, 'backups.json');
  }

  /** Whom this device's person shares with, and what. */
  get shares(): string {
    return join(this.path, 'shares.json');
  }

  get socket(): string {
    return join(this.path, 'agent.sock');
  }

  /** Has it been made? @throws DeviceError `ERR_STATE_DIRECTORY` when something else lies there */
  async exists(): Promise<boolean> {
    const found = await lstat(this.path).catch(absent(this.path));
    if (!found) return false;
    const names = found.isDirectory() ? await readdir(this.path).catch(unusable(this.path)) : undefined;
    // What a crash left while the mark was written is no content.
    if (names?.every((name) => name.startsWith(`${MARK}.`))) return false;
    if (!names?.includes(MARK))
      throw new DeviceError(
        'ERR_STATE_DIRECTORY',
        `${this.path} is not a device's state directory; name another, or an empty one`,
      );
    // Keys lie here: nobody else may have opened it to others or put it there.
    const mine = process.getuid === undefined || found.uid === process.getuid();
    if (!mine || (process.platform !== 'win32' && (found.mode & 0o077) !== 0)) {
      throw new DeviceError(
        'ERR_STATE_DIRECTORY',
        `${this.path} must belong to the user who runs this, with mode 0700`,
      );
    }
    await this.#checkLayout();
    return true;
  }

  /** Does this device belong to a person? Looking makes nothing. */
  async hasOwner(): Promise<boolean> {
    return (await this.exists()) && existsSync(this.owner);
  }

  /** Makes it where it is not. */
  async make(): Promise<void> {
    if (await this.exists()) return;
    try {
      await makeDirectory(this.path);
      const { uid, mode } = await lstat(this.path);
      if (process.getuid !== undefined && uid !== process.getuid())
        throw new DeviceError(
          'ERR_STATE_DIRECTORY',
          `${this.path} belongs to another account than this program's`,
        );
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        throw new DeviceError(
          'ERR_STATE_DIRECTORY',
          `${this.path} is open to others; run: chmod 700 ${this.path}`,
        );
      }
      await writeDurably(
        join(this.path, MARK),
        `${JSON.stringify({ kind: 'holdfast device', v: LAYOUT })}\n`,
      );
    } catch (error) {
      if (error instanceof DeviceError) throw error;
      throw unusable(this.path)(error);
    }
  }

  async #checkLayout(): Promise<void> {
    const text = await readFile(join(this.path, MARK), 'utf8').catch(unusable(this.path));
    if (new RegExp(`"v":${LAYOUT}\\b`).test(text)) return;
    throw new DeviceError('ERR_STATE_DIRECTORY', `${this.path} was made by another version of this program`);
  }
}

const absent =
  (path: string) =>
  (error: NodeJS.ErrnoException): undefined =>
    error.code === 'ENOENT' ? undefined : unusable(path)(error);

const unusable =
  (path: string) =>
  (cause: unknown): never => {
    const message = `${path} cannot be used as state directory: ${reason(cause)}`;
    throw new DeviceError('ERR_STATE_DIRECTORY', message, { cause });
  };
