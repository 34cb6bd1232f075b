import type { Kind } from '../data/index.ts';
import type { Cost } from '../measure/index.ts';

export const phases = ['first', 'unchanged', 'changed', 'restore', 'verify'] as const;
export type Phase = (typeof phases)[number];

/** What a phase cost: wall and CPU of everything that took part, peak memory of the client alone. */
export interface Measured extends Cost {
  /** Bytes in the repository afterwards. */
  readonly stored: number;
  /** The CPU seconds by program, where there is more than one. */
  readonly programs?: Readonly<Record<string, number>>;
}

/** One repetition of a contender: a repository of its own, from nothing. */
export interface Session extends AsyncDisposable {
  /** Undefined for a phase that it does not have. */
  run(phase: Phase): Promise<Measured | undefined>;
  /** Where phase `restore` put a folder of the tree. */
  restored(folder: Kind): string;
}

export interface Contender {
  readonly name: string;
  /**
   * Makes it ready, before anything is measured.
   *
   * @param directory for what it needs in every repetition; not there yet
   * @returns what is missing; undefined when it can run
   */
  prepare(directory: string): Promise<string | undefined>;
  /**
   * @param directory for everything that it writes; not there yet
   * @param source the tree
   */
  open(directory: string, source: string, options: ContenderOptions): Promise<Session>;
}

export interface ContenderOptions {
  /** Node writes CPU profiles of the device there. */
  readonly profile?: string;
}
