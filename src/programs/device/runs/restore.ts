/** Operation `restore`. */
import type { LeftOut } from '../../../api/device/index.ts';
import { restore as restoreSet } from '../../../backup/index.ts';
import { parseShown } from '../../../lib/bytes.ts';
import { openSource, sourceForInto } from '../../../sources/index.ts';
import type { Handler, OperationContext, Parsed } from '../context.ts';
import { denies, type Gate } from '../gate/index.ts';
import { Lock, refuseOverlap } from '../home/index.ts';
import { listSources } from '../source-book.ts';
import { stand } from '../standing/index.ts';
import { folders } from './into.ts';
import { limitLeftOut } from './left-out.ts';
import { tellOlder } from './older.ts';
import { openEngine } from './open.ts';
import { warnOfOwner } from './owners.ts';
import { countingTargets, sourceFor, type Target, type Targets } from './targets.ts';
import { usedSet } from './used-set.ts';
import { choiceOf } from './which.ts';

export const restore: Handler<'restore'> = async (context, params) => {
  // Not enrolled, or ended: nothing here has been touched yet (B14).
  await using standing = await stand(context, params);
  await using _ = await Lock.take(context.home, 'run', { task: 'restore', signal: context.signal });
  const targets = params.into
    ? await intoFolders(context, standing.gate, params)
    : await backHome(context, params);
  const { engine, destination, close } = await openEngine(
    { ...context, wait: params.wait },
    standing,
    params.from,
  );
  try {
    const { databases, items } = params;
    const report = await restoreSet(engine, {
      ...(await choiceOf(engine, params)),
      ...(databases && { databases }),
      ...(items && { items: items.map(parseShown) }),
      ...(!params.dryRun && { onOlder: (older) => tellOlder(context, standing, older) }),
      writerFor: targets.writerFor,
      unencrypted: standing.gate.rules.unencrypted,
      dryRun: params.dryRun === true,
    });
    targets.refuseNothing();
    const leftOut: LeftOut[] = [...targets.leftOut(), ...report.leftOut];
    return {
      dryRun: params.dryRun === true,
      destination,
      set: usedSet(report.set),
      freshness: report.freshness,
      ...(report.older && { older: report.older }),
      databases: targets.restored(),
      ...limitLeftOut(leftOut),
      complete: leftOut.length === 0 && !report.set.unfinished,
    };
  } finally {
    await close();
  }
};

/** Back into the sources of this device. */
async function backHome(context: OperationContext, params: Parsed<'restore'>): Promise<Targets> {
  const { home } = context;
  const sources = await listSources(home);
  return countingTargets(
    async (target) => {
      const row = sourceFor(sources, target);
      await refuseOverlap(home, row.path);
      return {
        name: row.label,
        open: async () => {
          await warnOfOwner(context, row.path);
          return openSource(row).writer(writing(params));
        },
      };
    },
    telling(context, params),
  );
}

/** Elsewhere, as far as policy lets each class of each database go there. */
async function intoFolders(
  context: OperationContext,
  gate: Gate,
  params: Parsed<'restore'>,
): Promise<Targets> {
  const { home } = context;
  const into = params.into!;
  await refuseOverlap(home, into);
  const folderFor = folders(into);
  return countingTargets(
    async ({ database, class: itemClass, sourceKind, label }: Target) => {
      const { value, policy } = gate.ruleFor(database, itemClass).into;
      if (value === 'deny') {
        return {
          denied: policy,
          reason: `${denies({ policy })} to restore it elsewhere than into its application`,
        };
      }
      const path = folderFor(database, label);
      return {
        name: path,
        open: async () => {
          await warnOfOwner(context, path);
          return sourceForInto(sourceKind, path, label).writer(writing(params));
        },
      };
    },
    telling(context, params),
  );
}

const telling = ({ emit }: OperationContext, { names }: Parsed<'restore'>): typeof emit | undefined =>
  names ? emit : undefined;

const writing = (params: Parsed<'restore'>) => ({
  keepBoth: params.keepBoth === true,
  dryRun: params.dryRun === true,
});
