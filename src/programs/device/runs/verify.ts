/** Operation `verify`. */
import { verify as verifySet } from '../../../backup/index.ts';
import type { Handler } from '../context.ts';
import { govern, openEngine } from './open.ts';
import { usedSet } from './used-set.ts';
import { choiceOf } from './which.ts';

/** So many damaged objects are named. */
const NAMED = 1000;

export const verify: Handler<'verify'> = async (context, params) => {
  using governed = await govern(context);
  const { engine, destination, close } = await openEngine(context, governed, params.from);
  try {
    const choice = await choiceOf(engine, params);
    const report = await verifySet(engine, { ...choice, structureOnly: params.structureOnly === true });
    const { set, freshness, segments, items, bytes } = report;
    const damaged = report.damage
      .slice(0, NAMED)
      .map(({ object, code, reason }) => ({ object, code, message: reason }));
    return { destination, set: usedSet(set), freshness, segments, items, bytes, damaged };
  } finally {
    await close();
  }
};
