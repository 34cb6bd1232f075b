/**
 * Outages: hosts that have answered and now do not. One is shared by all requests to that host, so that it is told
 * once, and that all of them wait for the same time and no longer (B17).
 */
import type { Outage } from '../index.ts';

interface Host {
  answered: boolean;
  /** Since when it does not, ms of the steady clock. */
  since: number | undefined;
  told: boolean;
}

export class Outages {
  readonly #patience: number;
  readonly #tell: (outage: Outage) => void;
  readonly #now: () => number;
  readonly #hosts = new Map<string, Host>();

  /** @param patience ms; @param now a steady clock */
  constructor(patience: number, tell: (outage: Outage) => void, now: () => number = () => performance.now()) {
    this.#patience = patience;
    this.#tell = tell;
    this.#now = now;
  }

  answered(name: string): void {
    const host = this.#host(name);
    const { since, told } = host;
    Object.assign(host, { answered: true, since: undefined, told: false });
    if (told && since !== undefined) this.#tell({ kind: 'over', host: name, after: this.#now() - since });
  }

  /**
   * A request failed.
   *
   * @param asked the host itself asks to come back later
   * @returns ms for which it is still worth waiting; 0 for a host that has never answered, which may not be one
   */
  failed(name: string, asked: boolean): number {
    const host = this.#host(name);
    host.since ??= this.#now();
    if (!host.answered && !asked) return 0;
    return Math.max(0, this.#patience - (this.#now() - host.since));
  }

  /** A request waits. */
  waiting(name: string, reason: string, atMost: number): void {
    const host = this.#host(name);
    if (!host.told) this.#tell({ kind: 'waiting', host: name, reason, atMost });
    host.told = true;
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name);
    if (!host) this.#hosts.set(name, (host = { answered: false, since: undefined, told: false }));
    return host;
  }
}
