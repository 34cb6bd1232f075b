import type { FileHandle } from 'node:fs/promises';
import {
  encodeIpd,
  type IpdField,
  type IpdRecord,
  ipdName,
  ipdRecordSize,
  writeIpdRecord,
} from '../../formats/ipd/index.ts';
import { fileFailure } from './errors.ts';
import { RECORD_VERSION } from './layout.ts';

/** Records are gathered up to here before they are written. */
const GATHER = 1024 * 1024;

const NOTHING = new Uint8Array(0);

/** The file as it grows (B11): records go to its end, and what is half written is taken back. */
export class Output {
  readonly #path: string;
  readonly #file: FileHandle;
  #gathered = new Uint8Array(GATHER);
  #used = 0;
  /** Bytes in the file. */
  #written = 0;
  #records = 0;
  #failure: Error | undefined;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  async header(names: readonly string[]): Promise<void> {
    await this.#write(encodeIpd({ kind: 'header', names: names.map(ipdName) }));
  }

  /** @returns where the record begins */
  async record(database: number, fields: readonly IpdField[]): Promise<number> {
    this.#records++;
    const record: IpdRecord = {
      kind: 'record',
      database,
      version: RECORD_VERSION,
      handle: this.#records & 0xffff,
      uniqueId: this.#records >>> 0,
      fields,
      tail: NOTHING,
    };
    const size = ipdRecordSize(record);
    if (this.#used + size > GATHER) await this.#flush();
    const position = this.#written + this.#used;
    if (size > GATHER) await this.#write(encodeIpd(record));
    else this.#used = writeIpdRecord(record, this.#gathered, this.#used);
    return position;
  }

  /**
   * Does all of `body` or nothing: what it wrote is in the file afterwards, or cut off again. When even that fails, the
   * file takes nothing more; its beginning is as good as it was.
   */
  async whole<T>(body: () => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    const [written, records] = [this.#written, this.#records];
    try {
      const result = await body();
      await this.#flush();
      return result;
    } catch (error) {
      this.#used = 0;
      this.#written = written;
      this.#records = records;
      await this.#file.truncate(written).catch((cause) => {
        this.#failure = fileFailure(this.#path, cause);
      });
      throw error;
    }
  }

  /** Everything written is on the medium. */
  async sync(): Promise<void> {
    await this.#flush();
    await this.#file.datasync().catch((cause) => {
      // After a failed sync nobody knows what is on the medium, and a second one would not say.
      this.#failure = fileFailure(this.#path, cause);
      throw this.#failure;
    });
  }

  async #flush(): Promise<void> {
    const used = this.#used;
    this.#used = 0;
    await this.#write(this.#gathered.subarray(0, used));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file
        .write(bytes, at, bytes.length - at, this.#written)
        .catch((cause) => Promise.reject(fileFailure(this.#path, cause)));
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }
}
