/** Operation `diff`. */
import { diff as diffSets } from '../../../backup/index.ts';
import { showBytes } from '../../../lib/bytes.ts';
import type { Handler } from '../context.ts';
import { stand } from '../standing/index.ts';
import { openEngine } from './open.ts';
import { usedSet } from './used-set.ts';
import { choiceOf } from './which.ts';

export const diff: Handler<'diff'> = async (context, params) => {
  await using standing = await stand(context, params);
  const { engine, destination, close } = await openEngine(context, standing, params.from);
  try {
    const { older, newer, databases, names } = params;
    const report = await diffSets(
      engine,
      {
        ...(await choiceOf(engine, { device: params.device, at: params.at })),
        ...(older !== undefined && { older }),
        ...(newer !== undefined && { newer }),
        ...(databases && { databases }),
      },
      (difference) => {
        if (names) return context.emit({ kind: 'difference', ...difference, uid: showBytes(difference.uid) });
      },
    );
    return {
      destination,
      older: usedSet(report.older),
      newer: usedSet(report.newer),
      freshness: report.freshness,
      databases: [...report.databases],
    };
  } finally {
    await close();
  }
};
