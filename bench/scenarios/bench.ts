import type { Contender, Measured, Phase } from '../contenders/index.ts';
import type { Amounts } from '../data/index.ts';
import type { Result, Run } from '../report/index.ts';

/** What a scenario works with. */
export interface Bench {
  /** For everything that is written; not there yet. */
  readonly directory: string;
  readonly contenders: readonly Contender[];
  readonly repetitions: number;
  readonly scale: number;
  /** Phases up to and with this one. */
  readonly until: Phase;
  say(line: string): void;
}

/** @returns one run for each amount of data that was measured */
export type Scenario = (bench: Bench) => Promise<Run[]>;

/** At least one of what there is any of. */
export function scaled<A extends Amounts>(amounts: A, scale: number): Amounts {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, count]) => [
      name,
      count === 0 ? 0 : Math.max(1, Math.round(count * scale)),
    ]),
  ) as unknown as Amounts;
}

/** What was measured, by phase and contender. */
export class Found {
  readonly #results = new Map<string, { contender: string; phase: Phase; measured: Measured[] }>();

  add(contender: string, phase: Phase, measured: Measured): void {
    const key = JSON.stringify([phase, contender]);
    const found = this.#results.get(key);
    if (found) found.measured.push(measured);
    else this.#results.set(key, { contender, phase, measured: [measured] });
  }

  results(): Result[] {
    return [...this.#results.values()];
  }
}

export function describe(phase: Phase, contender: string, { wall, cpu, peak }: Measured): string {
  return `${phase} ${contender}: ${wall.toFixed(2)} s, ${cpu.toFixed(2)} s of CPU, ${(peak / 2 ** 20).toFixed(0)} MiB`;
}

/** Each begins one repetition first. */
export const rotated = <T>(all: readonly T[], by: number): T[] =>
  all.map((_, i) => all[(i + by) % all.length]!);

/** A name as that of a folder. */
export const plain = (name: string): string => name.replaceAll(/\W/g, '');
