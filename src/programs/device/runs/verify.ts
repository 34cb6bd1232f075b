/** Operation `verify`. */
import { verify as verifySet } from '../../../backup/index.ts';
import type { Handler } from '../context.ts';
import { stand } from '../standing/index.ts';
import { openEngine } from './open.ts';
import { usedSet } from './used-set.ts';
import { choiceOf } from './which.ts';

/** So many damaged objects are named; the others are counted. */
const NAMED = 1000;

export const verify: Handler<'verify'> = async (context, params) => {
  await using standing = await stand(context, params);
  const { engine, destination, close } = await openEngine(context, standing, params.from);
  try {
    const choice = await choiceOf(engine, params);
    const { percent, seed } = params.sample ?? {};
    const report = await verifySet(engine, {
      ...choice,
      structureOnly: params.structureOnly === true,
      ...(percent !== undefined && { sample: { share: percent / 100, ...(seed !== undefined && { seed }) } }),
    });
    const { set, freshness, segments, items, bytes, listed, sample, damage } = report;
    return {
      ...{ destination, set: usedSet(set), freshness, segments, items, bytes, listed },
      ...(sample && percent !== undefined && { sample: { percent, seed: sample.seed } }),
      damaged: damage.slice(0, NAMED).map(({ reason, ...what }) => ({ ...what, message: reason })),
      damagedCount: damage.length,
    };
  } finally {
    await close();
  }
};
