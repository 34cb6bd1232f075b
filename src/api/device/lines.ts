/** JSON lines (`application/x-ndjson`): bytes in any pieces to values, each line within a limit. */
import { fromUtf8Strict, utf8 } from '../../lib/bytes.ts';
import { DeviceApiError } from './errors.ts';

/** No event is longer. */
export const MAX_LINE = 4 * 1024 * 1024;

export const toLine = (value: unknown): Uint8Array => utf8(`${JSON.stringify(value)}\n`);

/** Takes bytes as they come and gives back the values of the lines that are complete. */
export class LineReader {
  #parts: Uint8Array[] = [];
  #length = 0;

  *push(bytes: Uint8Array): Generator<unknown> {
    let from = 0;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, from)) {
      this.#keep(bytes.subarray(from, at));
      from = at + 1;
      yield this.#take();
    }
    this.#keep(bytes.slice(from));
  }

  /** Call at the end of the stream. @throws DeviceApiError when a line was cut off. */
  end(): void {
    if (this.#length > 0) throw new DeviceApiError('ERR_DEVICE_GONE', 'the answer was cut off');
  }

  #keep(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > MAX_LINE) throw new DeviceApiError('ERR_DEVICE_API', 'the answer has too long a line');
    if (bytes.length > 0) this.#parts.push(bytes);
  }

  #take(): unknown {
    const line = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      line.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#length = 0;
    try {
      return JSON.parse(fromUtf8Strict(line));
    } catch (cause) {
      throw new DeviceApiError('ERR_DEVICE_API', 'the answer has a line that is no JSON', { cause });
    }
  }
}
