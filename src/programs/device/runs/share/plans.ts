/** What a share has: the items that its sender chose, as their applications have them now, through the gate (B9). */
import type { LeftOut } from '../../../../api/device/index.ts';
import type { DatabasePlan } from '../../../../backup/index.ts';
import type { ListedItem, Source } from '../../../../database/index.ts';
import { parseShown, showBytes } from '../../../../lib/bytes.ts';
import { openSource } from '../../../../sources/index.ts';
import type { OperationContext } from '../../context.ts';
import { DeviceError, RefusedError } from '../../errors.ts';
import { type Barrier, type Gate, type KeptOut, passSources } from '../../gate/index.ts';
import { refuseOverlap } from '../../home/index.ts';
import { databasesOf, listSources } from '../../source-book.ts';
import type { Given } from './book.ts';

/** Databases and classes, as rules are asked about them. */
export type Content = NonNullable<Given['content']>;

export interface SharePlans {
  readonly plans: readonly DatabasePlan[];
  /** What policy keeps out of it, and what is in it, as far as the sources were listed. */
  leftOut(): LeftOut[];
  content(): Content;
}

/** The sources are opened when they are listed; to be closed. @throws DeviceError `ERR_USAGE`, `ERR_NO_KEY`, RefusedError */
export async function plansFor(
  { home }: OperationContext,
  gate: Gate,
  { databases, items }: Pick<Given, 'databases' | 'items'>,
): Promise<SharePlans> {
  const all = await listSources(home);
  for (const name of databases)
    if (!all.some(({ database }) => database === name))
      throw new DeviceError(
        'ERR_USAGE',
        `there is no source for database "${name}"; databases with sources: ${databasesOf(all).join(', ') || 'none'}`,
      );
  const asked = all.filter(({ database }) => databases.includes(database));
  const { passed, keptOut } = passSources(gate, asked, 'share');
  const barred = (source: { readonly database: string; readonly label: string }): KeptOut[] =>
    keptOut.filter(({ database, label }) => database === source.database && label === source.label);
  for (const source of asked)
    if (!passed.some((one) => one.source === source)) throw refusal(source.database, barred(source)[0]!);
  const wanted = items && new Set(items.map((uid) => parseShown(uid).toHex()));
  const leftOut = new Map<string, LeftOut>();
  const content = new Map<string, Content[number]>();
  const plans: DatabasePlan[] = [];
  for (const { source, classify, rules } of passed) {
    await refuseOverlap(home, source.path);
    const { database, label } = source;
    const byClass = new Map(barred(source).map((barrier) => [barrier.class, barrier]));
    const passes = ({ uid, path }: ListedItem): boolean => {
      const itemClass = classify(path);
      const barrier = byClass.get(itemClass);
      if (!barrier) content.set(`${itemClass}\0${database}`, { database, class: itemClass });
      else leftOut.set(`${database}\0${label}\0${uid.toHex()}`, leftOutBy(barrier, uid));
      return barrier === undefined;
    };
    plans.push({ database, label, classify, rules, source: only(openSource(source), wanted, passes) });
  }
  return { plans, leftOut: () => [...leftOut.values()], content: () => [...content.values()] };
}

const leftOutBy = (
  { database, class: itemClass, label, code, reason, policy }: KeptOut,
  uid: Uint8Array,
): LeftOut => ({ database, class: itemClass, label, item: showBytes(uid), code, reason, policy });

/** Names the database and the policy. */
const refusal = (database: string, { code, policy, reason }: Barrier): DeviceError =>
  code === 'no-owner'
    ? new DeviceError('ERR_NO_KEY', reason)
    : new RefusedError(policy, `"${database}" cannot be shared: ${reason}`);

/** The same source with no other items: what is not chosen, or may not be shared, is not there as far as the share goes. */
function only(
  source: Source,
  wanted: ReadonlySet<string> | undefined,
  passes: (item: ListedItem) => boolean,
): Source {
  const chosen = (item: ListedItem): boolean => (wanted?.has(item.uid.toHex()) ?? true) && passes(item);
  return {
    kind: source.kind,
    async *list(skip) {
      const listed = source.list((skipped) => {
        // An uid that is the beginning of others stands for them too.
        const below = skipped.uid.toHex();
        if (!wanted || [...wanted].some((uid) => uid.startsWith(below))) skip(skipped);
      });
      for await (const batch of listed) yield batch.filter(chosen);
    },
    read: (item) => source.read(item),
    writer: (options) => source.writer(options),
    close: () => source.close(),
  };
}

/** What there is now, by uid: nothing of it is read. @throws SourceError */
export async function listed({ plans }: SharePlans): Promise<ReadonlySet<string>> {
  const there = new Set<string>();
  for (const { source } of plans)
    for await (const batch of source.list(() => {})) for (const { uid } of batch) there.add(uid.toHex());
  return there;
}

/**
 * A share begins with what was asked for, all of it.
 * @throws DeviceError `ERR_USAGE`; RefusedError
 */
export function requireThere(
  there: ReadonlySet<string>,
  denied: readonly LeftOut[],
  items: readonly string[] | undefined,
): void {
  const [first] = denied;
  if (first && (items || there.size === 0))
    throw new RefusedError(
      first.policy!,
      `${first.item} in "${first.database}" cannot be shared: ${first.reason}`,
    );
  const missing = items?.filter((uid) => !there.has(parseShown(uid).toHex())) ?? [];
  if (missing.length > 0)
    throw new DeviceError('ERR_USAGE', `no source of these databases has the item ${missing.join(', ')}`);
  if (there.size === 0) throw new DeviceError('ERR_USAGE', 'there is nothing in these databases to share');
}
