/** Operations `sets` and `ls`. */
import type { Freshness, SetRow } from '../../../api/device/index.ts';
import { type EngineContext, findSet, knownAt, listItems, surveySets } from '../../../backup/index.ts';
import { showBytes } from '../../../lib/bytes.ts';
import type { Handler } from '../context.ts';
import { stand } from '../standing/index.ts';
import { confirmedHere } from './confirm.ts';
import { openEngine } from './open.ts';
import { usedSet } from './used-set.ts';
import { choiceOf } from './which.ts';

export const sets: Handler<'sets'> = async (context, params) => {
  const { from, device, chain } = params;
  await using standing = await stand(context, params);
  const { engine, destination, close } = await openEngine(context, standing, from);
  try {
    const survey = await surveySets(engine, device === undefined ? {} : { device });
    const confirmed = confirmedHere(context, destination);
    const rows = survey.sets
      .filter((one) => chain === undefined || one.chain === chain)
      .map((one) => ({
        ...usedSet(one),
        own: one.device === engine.keys.device,
        bytes: one.bytes,
        ...(one.alert && !confirmed(one) && { alert: one.alert }),
      }));
    const missing = survey.missing
      .filter((head) => chain === undefined || head.chain === chain)
      .map(({ device, chain, counter, time }) => ({ device, chain, counter, time }));
    return { destination, sets: rows, missing, freshness: freshnessOf(engine, rows) };
  } finally {
    await close();
  }
};

/** Of the newest set in the list: what is known of its chain's head. */
function freshnessOf(engine: EngineContext, rows: readonly SetRow[]): Freshness {
  const newest = rows.reduce<SetRow | undefined>(
    (best, row) => (best && best.time >= row.time ? best : row),
    undefined,
  );
  // A head is that of a whole set.
  if (newest?.unfinished) return { kind: 'unknown' };
  const [head] = engine.trust
    .heads()
    .filter(({ device, chain }) => device === newest?.device && chain === newest.chain)
    .sort((a, b) => b.counter - a.counter);
  return head
    ? { kind: 'known', counter: head.counter, knownAt: knownAt(engine, head) }
    : { kind: 'unknown' };
}

export const ls: Handler<'ls'> = async (context, params) => {
  await using standing = await stand(context, params);
  const { engine, destination, close } = await openEngine(context, standing, params.from);
  try {
    const found = await findSet(engine, await choiceOf(engine, params));
    const { databases } = params;
    let entries = 0;
    for await (const row of listItems(engine, { set: found.set.set, ...(databases && { databases }) })) {
      context.signal.throwIfAborted();
      await context.emit({ kind: 'entry', ...row, uid: showBytes(row.uid) });
      entries++;
    }
    return { destination, set: usedSet(found.set), freshness: found.freshness, entries };
  } finally {
    await close();
  }
};
