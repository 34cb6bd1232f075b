import { setImmediate } from 'node:timers/promises';
import { BaseError } from '../../../lib/errors.ts';
import type { Log } from './context.ts';

/** The open stream of a device. */
export interface Sink {
  /** Says that a message with this sequence is there to be fetched. */
  send(seq: number): void;
  /** Keeps gateways from closing a silent connection. */
  beat(): void;
  end(): void;
}

export interface StreamsOptions {
  /** Sequence of the message that a device is to have now; undefined when it is `after`. */
  readonly sequence: (device: string, after: number) => Promise<number | undefined>;
  /** Devices whose message is to be sent again by now. */
  readonly due: () => Promise<readonly string[]>;
  readonly log: Log;
  /** ms between heartbeats, and between looks for what is due. */
  readonly beatEvery: number;
}

/** Devices that are looked at together: their messages go to disk in one transaction. */
const BATCH = 16;

interface Stream {
  readonly sink: Sink;
  /** What the device was told last. */
  sent: number;
}

/**
 * The streams of all connected devices, at most one each. A wake-up is only a hint: devices are looked at some
 * at a time, however many hints there were, and told when there is something newer than it was told last.
 */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #open = new Map<string, Stream>();
  readonly #waiting = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #draining: Promise<void> | undefined;

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#beat(), options.beatEvery);
    this.#timer.unref();
  }

  /** A new stream of a device ends its old one. Call the result when the connection is gone. */
  open(device: string, after: number, sink: Sink): () => void {
    this.#open.get(device)?.sink.end();
    const stream: Stream = { sink, sent: after };
    this.#open.set(device, stream);
    this.wake([device]);
    return () => {
      if (this.#open.get(device) === stream) this.#open.delete(device);
    };
  }

  isOpen(device: string): boolean {
    return this.#open.has(device);
  }

  wake(devices: readonly string[]): void {
    for (const device of devices) if (this.#open.has(device)) this.#waiting.add(device);
    if (this.#waiting.size === 0 || this.#draining !== undefined) return;
    this.#draining = this.#drain().finally(() => {
      this.#draining = undefined;
      // Whoever came while the last one was being told.
      this.wake([]);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#waiting.clear();
    for (const { sink } of this.#open.values()) sink.end();
    this.#open.clear();
    await this.#draining;
  }

  async #drain(): Promise<void> {
    // The caller is not kept: what woke the devices is answered first.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values().take(BATCH)];
      for (const device of batch) this.#waiting.delete(device);
      await Promise.all(
        batch.map(async (device) => {
          const stream = this.#open.get(device);
          if (stream !== undefined) await this.#tell(device, stream);
        }),
      );
      // Requests have their turn between the batches.
      await setImmediate();
    }
  }

  async #tell(device: string, stream: Stream): Promise<void> {
    try {
      const seq = await this.#options.sequence(device, stream.sent);
      if (seq === undefined || this.#open.get(device) !== stream) return;
      stream.sent = seq;
      stream.sink.send(seq);
    } catch (error) {
      // The device comes again, and is then told why.
      const { log } = this.#options;
      if (!(error instanceof BaseError)) log.error({ device, err: error }, 'stream failed');
      else if (error.kind !== 'no-key')
        log.warn({ device, code: error.code, why: error.message }, 'no message');
      stream.sink.end();
    }
  }

  async #beat(): Promise<void> {
    for (const { sink } of this.#open.values()) sink.beat();
    try {
      this.wake(await this.#options.due());
    } catch (error) {
      this.#options.log.error({ err: error }, 'cannot look for messages that are due');
    }
  }
}
