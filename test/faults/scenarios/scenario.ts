/** Scenario: what is going on when the fault comes, and what has to hold when it is over. */
import type { Died, Fault } from '../program.ts';
import type { Stage } from '../stage.ts';
import type { DataSize } from '../trees.ts';

export interface Scenario {
  readonly name: string;
  /** What it is about, and who dies. */
  readonly about: string;
  /** Its data; absent: that of small cases. */
  readonly size?: Partial<DataSize>;
  /** Prepares, lets the fault happen, runs again without it and checks. @throws Finding */
  run(stage: Stage, fault: Fault, seed: number, size: DataSize): Promise<Died>;
}
