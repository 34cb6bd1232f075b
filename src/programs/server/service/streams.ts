import type { Clock } from '../../../lib/clock.ts';
import { BaseError } from '../../../lib/errors.ts';
import type { Log } from './context.ts';
import { pace } from './pace.ts';

/** The open stream of a device. */
export interface Sink {
  /**
   * Says that a message with this sequence, or a higher one, is there to be fetched.
   *
   * @param spread ms within which all that are told now are to come, each at a time that it draws; 0: at once
   */
  send(seq: number, spread: number): void;
  /** Keeps gateways from closing a silent connection. */
  beat(): void;
  end(): void;
}

/** The newest message of a device. */
export interface Newest {
  /** 0 when there is none yet. */
  readonly seq: number;
  /** It says what is to be said now; otherwise the next one is made when the device asks. */
  readonly current: boolean;
}

export interface StreamsOptions {
  readonly newest: (device: string) => Promise<Newest>;
  /** Devices whose message is to be sent again, and since when, Unix ms. */
  readonly due: () => Promise<readonly { readonly id: string; readonly since: number }[]>;
  /** ms that so many devices are to spread over. */
  readonly spread: (devices: number) => number;
  readonly log: Log;
  readonly clock: Clock;
  /** ms between heartbeats, and between looks for what is due. */
  readonly beatEvery: number;
}

/** ms for which devices are told before others have their turn: all of ten thousand within a second. */
const STRIDE = 50;
/** So many that are woken together are in a hurry: what an administrator does for one device, or one user. */
const FEW = 16;

interface Stream {
  readonly sink: Sink;
  /** Highest sequence that the device was told, or that a message to it may have. */
  last: number;
  /** When it was told, Unix ms. */
  told: number;
  /** It was told by itself, and is not to wait for a herd. */
  urgent: boolean;
}

/**
 * The streams of all connected devices, at most one each. A wake-up is only a hint, and names a sequence that nothing
 * has yet: who is woken is told at once, and what there is for it is made when it asks.
 */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #open = new Map<string, Stream>();
  /** To be told, and what they are to spread over. */
  readonly #woken = new Map<string, number>();
  /** Were told, and have not asked yet. */
  readonly #coming = new Set<string>();
  /** Just opened: to be told when they miss something. */
  readonly #opened = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #telling: Promise<void> | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#beat(), options.beatEvery);
    this.#timer.unref();
  }

  /** A new stream of a device ends its old one. Call {@link closed} when the connection is gone. */
  open(device: string, after: number, sink: Sink): void {
    this.#open.get(device)?.sink.end();
    this.#open.set(device, { sink, last: after, told: 0, urgent: false });
    this.#opened.add(device);
    this.#looking ??= this.#lookAll();
  }

  closed(device: string, sink: Sink): void {
    if (this.#open.get(device)?.sink !== sink) return;
    this.#open.delete(device);
    this.#coming.delete(device);
  }

  isOpen(device: string): boolean {
    return this.#open.has(device);
  }

  /** How many were told, and have not asked yet. */
  get coming(): number {
    return this.#coming.size;
  }

  /** Whether the device goes before others. */
  isUrgent(device: string): boolean {
    return this.#open.get(device)?.urgent === true;
  }

  wake(devices: readonly string[]): void {
    const open = devices.filter((device) => this.#open.has(device));
    const urgent = open.length <= FEW;
    const spread = urgent ? 0 : this.#options.spread(open.length + this.#coming.size);
    for (const device of open) {
      if (urgent) this.#open.get(device)!.urgent = true;
      this.#woken.set(device, Math.min(spread, this.#woken.get(device) ?? spread));
    }
    if (this.#woken.size > 0) this.#telling ??= this.#tellAll();
  }

  /**
   * The sequence for a message whose content is read from now on: above `above`, not below what the device was told.
   * What changes later announces a higher one, so that a device never takes it for what it has.
   */
  reserve(device: string, above: number): number {
    const stream = this.#open.get(device);
    const seq = Math.max(above + 1, this.#options.clock(), stream?.last ?? 0);
    if (stream !== undefined) Object.assign(stream, { last: seq, urgent: false });
    this.#coming.delete(device);
    return seq;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#woken.clear();
    this.#opened.clear();
    for (const { sink } of this.#open.values()) sink.end();
    this.#open.clear();
    this.#coming.clear();
    await Promise.all([this.#telling, this.#looking]);
  }

  async #tellAll(): Promise<void> {
    // The caller is not kept: what woke the devices is answered first.
    await Promise.resolve();
    const next = pace(STRIDE);
    for (const [device, spread] of this.#woken) {
      this.#woken.delete(device);
      this.#tell(device, spread);
      await next();
    }
    this.#telling = undefined;
  }

  #tell(device: string, spread = 0): void {
    const stream = this.#open.get(device);
    if (stream === undefined) return;
    stream.told = this.#options.clock();
    this.#send(device, stream, Math.max(stream.last + 1, stream.told), spread);
  }

  #send(device: string, stream: Stream, seq: number, spread = 0): void {
    stream.last = seq;
    this.#coming.add(device);
    stream.sink.send(seq, spread);
  }

  async #lookAll(): Promise<void> {
    await Promise.resolve();
    const next = pace();
    for (const device of this.#opened) {
      this.#opened.delete(device);
      const stream = this.#open.get(device);
      if (stream !== undefined) await this.#look(device, stream);
      await next();
    }
    this.#looking = undefined;
  }

  async #look(device: string, stream: Stream): Promise<void> {
    const { last } = stream;
    try {
      const { seq, current } = await this.#options.newest(device);
      // Another stream, or told or asked meanwhile.
      if (this.#open.get(device) !== stream || stream.last !== last) return;
      if (current && seq > last) {
        this.#send(device, stream, seq);
        // A device that knows of a later one may remember more than this server does: it is to ask.
      } else if (!current || seq < last) this.#tell(device);
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
      const due = await this.#options.due();
      this.wake(due.flatMap(({ id, since }) => ((this.#open.get(id)?.told ?? since) < since ? [id] : [])));
    } catch (error) {
      this.#options.log.error({ err: error }, 'cannot look for messages that are due');
    }
  }
}
