/** How often each scenario runs, and with how much data. */
import { type Job, sizeOf } from './runner.ts';
import { type Scenario, scenarios } from './scenarios/index.ts';

export interface Form {
  /** Over all scenarios, or over those of `only`. */
  readonly runs: number;
  /** Of the scenario `large`. */
  readonly items?: number;
  /** Bytes of its large file. */
  readonly large?: number;
  readonly only?: readonly string[];
}

/** Of the short form. */
export const SEED = 20_261_122;
export const SHORT = 60;

/** One run in so many has a million items to move about, which takes minutes; two are the least. */
const LARGE_EVERY = 250;

export function jobsOf({ runs, items, large, only }: Form): Job[] {
  const chosen = scenarios.filter(({ name }) => !only || only.includes(name));
  if (chosen.length === 0)
    throw new Error(`there is no scenario ${only}: ${scenarios.map(({ name }) => name).join(' ')}`);
  const light = chosen.filter((scenario) => !isLarge(scenario));
  const heavyRuns = light.length === chosen.length ? 0 : Math.max(2, Math.round(runs / LARGE_EVERY));
  const each = Math.ceil((runs - heavyRuns) / Math.max(1, light.length));
  const files = items === undefined ? {} : { files: Math.round(items / 10), cards: Math.round(items * 0.9) };
  // The long ones first, so that none of them is at work alone in the end.
  return [
    ...chosen.filter(isLarge).map((scenario) => ({
      ...{ scenario, runs: light.length === 0 ? runs : heavyRuns },
      size: { ...sizeOf(scenario), ...files, ...(large !== undefined && { large }) },
    })),
    ...light.map((scenario) => ({ scenario, runs: each, size: sizeOf(scenario) })),
  ];
}

const isLarge = ({ name }: Scenario): boolean => name === 'large';
