/** Crowd: the devices of one process. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WakeUp } from '../../src/api/client/index.ts';
import { ear, fetchMessage } from './device.ts';
import { limited } from './limited.ts';

/** How many enrol or connect at once; the others of this process wait for their turn. */
export const AT_ONCE = 64;
/** How many ask for their message at once: more than the server lets wait. As many as one process has files for. */
const HERD = 1024;
/** ms for which a device that connects keeps its turn. */
const PACE = 20;

/** ms after which a device that failed tries again, more or less. */
const PAUSE = 2000;

interface Member {
  readonly state: string;
  /** Sequence held. */
  held: number;
  /** Newest sequence told. */
  told: number;
}

interface Running {
  readonly fetch: boolean;
  /** When a device was told, and when it was done. */
  readonly heard: Map<Member, number>;
  readonly done: Map<Member, number>;
  readonly ended?: () => void;
}

export interface Round {
  /** Fetch and acknowledge what is announced, or only listen. */
  readonly fetch: boolean;
}

/** Times are Unix ms with fractions; one for each device. */
export interface RoundDone {
  readonly heard: readonly number[];
  readonly acknowledged: readonly number[];
}

export const now = (): number => performance.timeOrigin + performance.now();

export class Crowd {
  readonly #members: Member[];
  readonly #end = new AbortController();
  readonly #turn = limited(AT_ONCE);
  readonly #asking = limited(HERD);
  #round: Running = { fetch: true, heard: new Map(), done: new Map() };
  failures = 0;
  /** How often the server asked one to come again. */
  again = 0;

  constructor(states: readonly string[]) {
    this.#members = states.map((state) => ({ state, held: 0, told: 0 }));
  }

  /** All fetch what there is for them, as a device does that comes. */
  async settle(): Promise<void> {
    await Promise.all(this.#members.map((member) => this.#fetch(member)));
  }

  /** Opens all streams, which stay; a few thousand a second, not all in the same moment. */
  connect(): void {
    for (const member of this.#members)
      void this.#turn(async () => {
        const listen = await ear(member.state);
        listen((told) => this.#heard(member, told), this.#end.signal).catch((error) => this.#failed(error));
        await sleep(PACE);
      });
  }

  /** Resolves when each device has heard of something new, and, where it is to be fetched, has acknowledged it. */
  round({ fetch }: Round): Promise<RoundDone> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const round: Running = { fetch, heard: new Map(), done: new Map(), ended: resolve };
    this.#round = round;
    // What was only listened to before is fetched now.
    if (fetch) for (const member of this.#members) if (member.told > member.held) void this.#fetch(member);
    return promise.then(() => ({ heard: [...round.heard.values()], acknowledged: [...round.done.values()] }));
  }

  close(): void {
    this.#end.abort();
  }

  #heard(member: Member, { seq, spread }: WakeUp): void {
    if (seq <= member.told || seq <= member.held) return;
    member.told = seq;
    const round = this.#round;
    if (!round.heard.has(member)) round.heard.set(member, now());
    if (round.fetch) void this.#fetch(member, spread * Math.random());
    else this.#look();
  }

  /** @param wait ms, as it was told */
  async #fetch(member: Member, wait = 0): Promise<void> {
    for (let next: number | undefined = wait; next !== undefined; ) {
      if (next > 0) await sleep(next);
      next = await this.#asking(() => this.#once(member));
    }
  }

  /** @returns ms after which to come again, if it is to; as an agent does, also after a failure */
  async #once(member: Member): Promise<number | undefined> {
    try {
      const fetched = await fetchMessage(member.state, this.#end.signal);
      if (fetched.kind === 'again') {
        this.again++;
        return fetched.after;
      }
      member.held = fetched.held;
      if (member.held >= member.told) this.#round.done.set(member, now());
      this.#look();
    } catch (error) {
      this.#failed(error);
      if (!this.#end.signal.aborted) return PAUSE * (0.5 + Math.random());
    }
    return undefined;
  }

  #look(): void {
    const { fetch, heard, done, ended } = this.#round;
    if ((fetch ? done : heard).size === this.#members.length) ended?.();
  }

  #failed(error: unknown): void {
    if (this.#end.signal.aborted) return;
    this.failures++;
    if (this.failures <= 3) console.error(`a device: ${(error as Error).message}`);
  }
}
