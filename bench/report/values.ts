import type { Measured, Phase } from '../contenders/index.ts';
import type { Amount } from '../data/index.ts';
import type { Machine } from '../measure/index.ts';

export interface Result {
  readonly contender: string;
  readonly phase: Phase;
  /** One a repetition. */
  readonly measured: readonly Measured[];
}

/** All of one amount of data. */
export interface Run {
  readonly label: string;
  readonly amount: Amount;
  /** What a round of changes wrote, of the first repetition. */
  readonly changed?: Amount;
  readonly results: readonly Result[];
  /** What dominates each phase of ours. */
  readonly dominates?: Partial<Readonly<Record<Phase, string>>>;
}

export interface Report {
  readonly v: 2;
  readonly date: string;
  readonly size: string;
  readonly machine: Machine;
  /** What each contender says of its version, and what of it is on disk when a phase ends. */
  readonly contenders: Readonly<Record<string, { readonly version: string; readonly durable: string }>>;
  /** CPU seconds of `holdfast --version`, and of Node doing nothing. */
  readonly start?: { readonly holdfast: number; readonly node: number };
  readonly runs: readonly Run[];
}

/** One number of each repetition of a phase; undefined when it was not measured. */
export function valueIn(
  run: Run,
  contender: string,
  phase: Phase,
  of: (measured: Measured) => number,
): number | undefined {
  const found = run.results.find((one) => one.contender === contender && one.phase === phase);
  return found && median(found.measured.map(of));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export const wallOf = ({ wall }: Measured): number => wall;
export const cpuOf = ({ cpu }: Measured): number => cpu;
export const peakOf = ({ peak }: Measured): number => peak;
export const storedOf = ({ stored }: Measured): number => stored;
export const addedOf = ({ added }: Measured): number => added;
/** The largest of the services beside it. */
export const servicesPeakOf = ({ services = {} }: Measured): number =>
  Math.max(0, ...Object.values(services).map(({ peak }) => peak));
