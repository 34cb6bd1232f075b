import type { Kind } from '../data/index.ts';
import type { Cost } from '../measure/index.ts';

export const phases = [
  'first',
  'unchanged',
  'changed',
  'sets',
  'list',
  'item',
  'restore',
  'verify',
  'prune',
] as const;
export type Phase = (typeof phases)[number];

/** What a program beside the measured command used meanwhile. */
export interface Beside {
  /** Seconds. */
  readonly cpu: number;
  /** Bytes: its largest resident set in this phase. */
  readonly peak: number;
}

/** What a phase cost: wall and CPU of everything that took part, peak memory of the client alone. */
export interface Measured extends Cost {
  /** Bytes in the repository afterwards, and how many more that is than before. */
  readonly stored: number;
  readonly added: number;
  /** The other programs of the contender; the CPU above includes theirs. */
  readonly services?: Readonly<Record<string, Beside>>;
  /** CPU seconds of what only stands in for a web server in front (TLS): not included above. */
  readonly proxy?: number;
}

/** One repetition of a contender: a repository of its own, from nothing. */
export interface Session extends AsyncDisposable {
  /**
   * What a phase runs with what it costs; undefined for a phase that it does not have.
   *
   * @param item of phase `item`: the file, as a path below the tree
   */
  run(phase: Phase, item: string): Promise<Measured | undefined>;
  /** Where phases `restore` and `item` put everything; removed by who looked at it. */
  target(phase: 'restore' | 'item'): string;
  /** A folder of the tree within that. */
  restored(phase: 'restore' | 'item', folder: Kind): string;
}

export interface Contender {
  readonly name: string;
  /** What is on disk, not only in memory, when a phase ends. */
  readonly durable: string;
  /**
   * Makes it ready, before anything is measured.
   *
   * @param directory for what it needs in every repetition; not there yet
   * @returns its version, or what is missing
   */
  prepare(directory: string): Promise<{ readonly version: string } | { readonly missing: string }>;
  /**
   * @param directory for everything that it writes; not there yet
   * @param source the tree
   */
  open(directory: string, source: string, options: ContenderOptions): Promise<Session>;
}

export interface ContenderOptions {
  /** Folders that the tree has. */
  readonly folders: readonly Kind[];
  /** Node writes CPU profiles of the device there, one a phase. */
  readonly profile?: string;
}
