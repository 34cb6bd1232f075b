/** What a share has: the items that its sender chose, as their applications have them now, through the gate (B9). */
import type { DatabasePlan } from '../../../../backup/index.ts';
import type { Source } from '../../../../database/index.ts';
import { parseShown } from '../../../../lib/bytes.ts';
import { openSource } from '../../../../sources/index.ts';
import type { OperationContext } from '../../context.ts';
import { DeviceError, RefusedError } from '../../errors.ts';
import { type Gate, passSources } from '../../gate/index.ts';
import { refuseOverlap } from '../../home/index.ts';
import { databasesOf, listSources } from '../../source-book.ts';
import type { Given } from './book.ts';

/** The sources are opened when they are listed; to be closed. @throws DeviceError `ERR_USAGE`, RefusedError */
export async function plansFor(
  { home }: OperationContext,
  gate: Gate,
  { databases, items }: Pick<Given, 'databases' | 'items'>,
): Promise<DatabasePlan[]> {
  const all = await listSources(home);
  for (const name of databases)
    if (!all.some(({ database }) => database === name))
      throw new DeviceError(
        'ERR_USAGE',
        `there is no source for database "${name}"; databases with sources: ${databasesOf(all).join(', ') || 'none'}`,
      );
  const asked = all.filter(({ database }) => databases.includes(database));
  const { passed, keptOut } = passSources(gate, asked);
  const [first] = keptOut;
  if (first) throw new RefusedError(first.policy, `"${first.database}" cannot be shared: ${first.reason}`);
  const wanted = items && new Set(items.map((uid) => parseShown(uid).toHex()));
  const plans: DatabasePlan[] = [];
  for (const { source, classify, rules } of passed) {
    await refuseOverlap(home, source.path);
    const { database, label } = source;
    plans.push({ database, label, classify, rules, source: only(openSource(source), wanted) });
  }
  return plans;
}

/** The same source with no other items: what is not chosen is not there, as far as the share goes. */
function only(source: Source, wanted: ReadonlySet<string> | undefined): Source {
  if (!wanted) return source;
  return {
    kind: source.kind,
    async *list(skip) {
      const listed = source.list((skipped) => {
        // An uid that is the beginning of others stands for them too.
        const below = skipped.uid.toHex();
        if ([...wanted].some((uid) => uid.startsWith(below))) skip(skipped);
      });
      for await (const batch of listed) yield batch.filter(({ uid }) => wanted.has(uid.toHex()));
    },
    read: (item) => source.read(item),
    writer: (options) => source.writer(options),
    close: () => source.close(),
  };
}

/** A share begins with what was asked for, all of it. @throws DeviceError `ERR_USAGE`; SourceError */
export async function requireThere(
  plans: readonly DatabasePlan[],
  items: readonly string[] | undefined,
): Promise<void> {
  const there = new Set<string>();
  for (const { source } of plans)
    for await (const batch of source.list(() => {})) for (const { uid } of batch) there.add(uid.toHex());
  const missing = items?.filter((uid) => !there.has(parseShown(uid).toHex())) ?? [];
  if (missing.length > 0)
    throw new DeviceError('ERR_USAGE', `no source of these databases has the item ${missing.join(', ')}`);
  if (there.size === 0) throw new DeviceError('ERR_USAGE', 'there is nothing in these databases to share');
}
