/** How often each scenario runs, and with how much data. */
import { type Job, sizeOf } from './runner.ts';
import { type Scenario, scenarios } from './scenarios/index.ts';

export interface Form {
  /** Over all scenarios. */
  readonly runs: number;
  /** Of the scenario `large`. */
  readonly items?: number;
  /** Bytes of its large file. */
  readonly large?: number;
  /** Only this scenario. */
  readonly only?: string;
}

/** The seed of the short form. */
export const SEED = 20_261_122;
/** Runs of the short form. */
export const SHORT = 60;

/** One run in so many has a million items to move about; two are the least. */
const LARGE_EVERY = 100;

export function jobsOf({ runs, items, large, only }: Form): Job[] {
  const chosen = scenarios.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0)
    throw new Error(`there is no scenario ${only}: ${scenarios.map(({ name }) => name).join(' ')}`);
  const heavy = chosen.length === 1 ? runs : Math.max(2, Math.round(runs / LARGE_EVERY));
  const light = Math.max(1, Math.ceil((runs - heavy) / (chosen.length - 1)));
  // The long ones first, so that none of them is at work alone in the end.
  return chosen
    .map((scenario): Job => {
      const size = { ...sizeOf(scenario) };
      if (!isLarge(scenario)) return { scenario, runs: light, size };
      if (items !== undefined)
        Object.assign(size, { files: Math.round(items / 10), cards: items - Math.round(items / 10) });
      if (large !== undefined) Object.assign(size, { large });
      return { scenario, runs: heavy, size };
    })
    .sort((a, b) => Number(isLarge(b.scenario)) - Number(isLarge(a.scenario)));
}

const isLarge = ({ name }: Scenario): boolean => name === 'large';
