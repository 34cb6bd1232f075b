/** Counts the calls, and ends the process at the one it was told. */
import { writeFileSync } from 'node:fs';
import type { Disk } from './disk.ts';
import type { CallKind, Moment, Outcome, Plan } from './plan.ts';

// Before anything is wrapped.
const write = writeFileSync;

export interface Call {
  readonly kind: CallKind;
  readonly target: string;
  /** Does half of it. Absent: it has no middle, and dies before it. */
  readonly half?: () => unknown;
}

export class Calls {
  readonly disk: Disk | undefined;
  readonly #plan: Plan;
  readonly #counts: Partial<Record<CallKind, number>> = {};

  constructor(plan: Plan, disk: Disk | undefined) {
    this.#plan = plan;
    this.disk = disk;
    process.on('exit', () => this.#say({ counts: this.#counts }));
  }

  /** A call is made by `run`, which may return a promise. */
  make<T>(call: Call, run: () => T): T {
    const moment = this.#reached(call);
    if (!moment) return run();
    if (moment.when === 'before' || (moment.when === 'middle' && !call.half)) this.die(moment, call);
    const done = moment.when === 'middle' ? call.half!() : run();
    if (!(done instanceof Promise)) this.die(moment, call);
    return done.finally(() => this.die(moment, call)) as T;
  }

  /** For a call that ends later: what to do then. */
  start(call: Call): () => void {
    const moment = this.#reached(call);
    if (moment && moment.when !== 'after') this.die(moment, call);
    return () => moment && this.die(moment, call);
  }

  die(moment: Moment, { target }: Call): never {
    this.#say({ died: { moment, target } });
    this.disk?.fail();
    process.kill(process.pid, 'SIGKILL');
    throw new Error('survived SIGKILL');
  }

  #reached({ kind }: Call): Moment | undefined {
    const number = (this.#counts[kind] ?? 0) + 1;
    this.#counts[kind] = number;
    const { moment } = this.#plan;
    return moment?.kind === kind && moment.number === number ? moment : undefined;
  }

  #say(outcome: Outcome): void {
    write(this.#plan.log, JSON.stringify(outcome));
  }
}
