/** Operation `shareRestore`: what somebody shares comes under their name, never over what is one's own (N11). */
import { restore as restoreSet } from '../../../../backup/index.ts';
import type { ItemClass } from '../../../../database/index.ts';
import { parseShown } from '../../../../lib/bytes.ts';
import { compileRules } from '../../../../policy/evaluate/index.ts';
import { openSource, sourceForInto } from '../../../../sources/index.ts';
import type { Handler, OperationContext, Parsed } from '../../context.ts';
import { DeviceError } from '../../errors.ts';
import { denies } from '../../gate/index.ts';
import { Lock, refuseOverlap } from '../../home/index.ts';
import { withWays } from '../../owner/index.ts';
import { listSources } from '../../source-book.ts';
import { folders } from '../into.ts';
import { limitLeftOut } from '../left-out.ts';
import { warnOfOwner } from '../owners.ts';
import { countingTargets, type Denied, type Targets } from '../targets.ts';
import { usedSet } from '../used-set.ts';
import { keep, personOf, readBook, shareCalled } from './book.ts';
import { openPerson, type Sharer } from './people.ts';
import { reach } from './reach.ts';

export const shareRestore: Handler<'shareRestore'> = async (context, params) => {
  using session = await openPerson(context);
  const { home, signal } = context;
  return await withWays([params.way], async (ways) => {
    await using _ = await Lock.take(home, 'run', { task: 'restore', signal });
    const book = await readBook(home);
    const taken = shareCalled(book, book.taken, params.share);
    const person = personOf(book, taken.user)!;
    const targets = await targetsFor(context, params, person.name, rulesAt(session));
    await using reached = await reach(context, session, { person, taken, ways });
    const { databases, items, dryRun } = params;
    const { device, chain } = taken;
    const report = await restoreSet(reached.engine, {
      ...{ device, chain, writerFor: targets.writerFor, dryRun: dryRun === true },
      ...(databases && { databases }),
      ...(items && { items: items.map(parseShown) }),
    });
    targets.refuseNothing();
    const leftOut = [...targets.leftOut(), ...report.leftOut];
    const { counter, time, hash } = report.set;
    await keep(home, { person: reached.person, taken: { ...reached.taken, last: { counter, time, hash } } });
    return {
      ...{ share: chain, person: person.name, dryRun: dryRun === true },
      ...{ set: usedSet(report.set), freshness: report.freshness, databases: targets.restored() },
      ...limitLeftOut(leftOut),
      complete: leftOut.length === 0,
    };
  });
};

type Denies = (database: string, itemClass: ItemClass, into?: 'into') => Denied | undefined;

/** What the rules of this device keep out of it: sharing has two sides. A device without a server has none. */
function rulesAt({ company }: Sharer): Denies {
  if (!company) return () => undefined;
  const { ruleFor } = compileRules(company.session.memory.rules());
  return (database, itemClass, into) => {
    const rule = ruleFor(database, itemClass);
    if (rule.share.value === 'deny')
      return { denied: rule.share.policy, reason: `${denies(rule.share)} to take it from others` };
    if (into === undefined || rule.into.value === 'allow') return undefined;
    const reason = `${denies(rule.into)} to restore it elsewhere than into its application`;
    return { denied: rule.into.policy, reason };
  };
}

async function targetsFor(
  context: OperationContext,
  { into, keepBoth, dryRun }: Parsed<'shareRestore'>,
  from: string,
  denied: Denies,
): Promise<Targets> {
  const { home } = context;
  const writing = { keepBoth: keepBoth === true, dryRun: dryRun === true };
  if (into !== undefined) {
    await refuseOverlap(home, into);
    const folderFor = folders(into);
    return countingTargets(async ({ database, class: itemClass, sourceKind, label }) => {
      const no = denied(database, itemClass, 'into');
      if (no) return no;
      const path = folderFor(`${database} from ${from}`, label);
      return {
        name: path,
        async open() {
          await warnOfOwner(context, path);
          return sourceForInto(sourceKind, path, label).writer(writing);
        },
      };
    });
  }
  const sources = await listSources(home);
  return countingTargets(async ({ database, class: itemClass, sourceKind, label }) => {
    const no = denied(database, itemClass);
    if (no) return no;
    const name = `${label} from ${from}`;
    // Only that one: the person's own sources are not looked at.
    const row = sources.find(
      (one) => one.label === name && one.database === database && one.kind === sourceKind,
    );
    if (!row)
      throw new DeviceError(
        'ERR_WHICH',
        `what "${from}" shares does not go into your own "${database}"; add a source for it (holdfast source add "${database}" ${sourceKind} PATH --as "${name}"), or restore with --into DIR`,
      );
    await refuseOverlap(home, row.path);
    return {
      name,
      async open() {
        await warnOfOwner(context, row.path);
        return openSource(row).writer(writing);
      },
    };
  });
}
