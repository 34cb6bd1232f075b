/** Operation `prune` (U3). */
import type { PrunedSet } from '../../../api/device/index.ts';
import {
  type Catalogue,
  type EngineContext,
  type KeepRules,
  type PruneReport,
  prune as pruneChain,
  type SetInfo,
} from '../../../backup/index.ts';
import type { DeviceRules } from '../../../policy/rules/index.ts';
import { openState } from '../../../state/index.ts';
import type { Handler, Parsed } from '../context.ts';
import { notice } from '../context.ts';
import { DeviceError, RefusedError } from '../errors.ts';
import { Lock } from '../home/index.ts';
import { type Standing, stand } from '../standing/index.ts';
import { DeletionRight } from './deletion-right.ts';
import { openEngine } from './open.ts';
import { isFile } from './open-file.ts';

export const prune: Handler<'prune'> = async (context, params) => {
  const { home, signal } = context;
  await using standing = await stand(context, params);
  const { rules } = standing.gate;
  const keep = keepRules(params, rules);
  await using _ = await Lock.take(home, 'run', { task: 'prune', signal });
  const right = new DeletionRight(standing, signal);
  const { engine, destination, area, close } = await openEngine(context, standing, params.from, right.grant);
  if (!area) throw new Error(`${destination} is not a storage area`);
  const state = openState(home.catalogue);
  try {
    // First of all: without it nothing can be done, and with it comes what policy says at this moment.
    await right.fetch(destination);
    if (!(await area.mayRemove()))
      notice(context, 'APPEND_ONLY', `${destination} keeps everything: nothing is ever deleted there`);
    const catalogue = state.catalogue(destination);
    const plan = await pruneChain(engine, { catalogue, keep, dryRun: true });
    requireKept(plan, Math.max(rules.retention.keep ?? 0, right.keep ?? 0), rules);
    const dryRun = params.dryRun === true;
    if (dryRun || plan.appendOnly) return { ...resultOf(plan, destination, dryRun), reported: true };
    const pruning = { ...engine, destination: right.renewing(area, destination) };
    const { report, reported } = await pruneAndTell(standing, pruning, { catalogue, keep, plan });
    return { ...resultOf(report, destination, false), reported };
  } finally {
    state.close();
    await close();
  }
};

/** What was asked for, or else what policy says. */
function keepRules(
  { from, dryRun: _, way: __, ...asked }: Parsed<'prune'>,
  { retention }: DeviceRules,
): KeepRules {
  if (isFile(from))
    throw new DeviceError('ERR_USAGE', `${from}: a backup file is one set, there is nothing to prune in it`);
  const said = Object.entries(asked).filter(([, value]) => value !== undefined);
  if (said.length > 0) return Object.fromEntries(said);
  if (retention.keep !== undefined) return { within: retention.keep };
  throw new DeviceError(
    'ERR_USAGE',
    'no policy says how long sets are kept; say which to keep by --keep-last, --keep-hourly, --keep-daily, --keep-weekly, --keep-monthly or --keep-yearly with a number, or by --keep-within with a time, for example: --keep-last 7 --keep-within 30d',
  );
}

/** @throws RefusedError when a set is to go that policy wants to be kept */
function requireKept({ kept, removed }: PruneReport, keep: number, { origins }: DeviceRules): void {
  const newest = kept.at(-1);
  const young = removed.filter(({ time }) => newest && time > newest.time - keep);
  const [first] = young;
  if (!first) return;
  const policy = origins?.['retention.keep'] ?? 'of the server';
  const days = keep / 86_400_000;
  const time = Number.isInteger(days) ? `${days} d` : `${keep / 3_600_000} h`;
  throw new RefusedError(
    policy,
    `policy ${policy} wants all sets of the last ${time} to be kept; ${young.length} of those would be removed, the oldest of them ${first.set} of ${new Date(first.time).toISOString()}; keep more, or say nothing to keep just those`,
  );
}

async function pruneAndTell(
  standing: Standing,
  engine: EngineContext,
  { catalogue, keep, plan }: { catalogue: Catalogue; keep: KeepRules; plan: PruneReport },
): Promise<{ report: PruneReport; reported: boolean }> {
  const before = catalogue.chain()?.last.set;
  // Also when it breaks off: from the manifest on that says what is kept, the chain has a new head.
  const tell = async (): Promise<boolean> => {
    const { chain, last } = catalogue.chain() ?? {};
    if (!chain || !last || last.set === before) return true;
    const { counter, hash } = last;
    const { area } = engine.destination;
    // Whoever watches for silence asks when something was backed up last (U8).
    const time = plan.kept.at(-1)?.time ?? last.time;
    return standing.tell({ chain, counter, hash, time, ...(area !== undefined && { area }) });
  };
  try {
    const report = await pruneChain(engine, { catalogue, keep });
    return { report, reported: await tell() };
  } catch (error) {
    await tell();
    throw error;
  }
}

function resultOf(report: PruneReport, destination: string, dryRun: boolean) {
  const { appendOnly, objects, bytes, kept, removed } = report;
  const all = [...kept, ...removed].sort((a, b) => a.counter - b.counter);
  const common = { dryRun, destination, appendOnly };
  return appendOnly
    ? { ...common, kept: all.map(rowOf), removed: [], objects: 0, bytes: 0 }
    : { ...common, kept: kept.map(rowOf), removed: removed.map(rowOf), objects, bytes };
}

const rowOf = ({ set, chain, device, counter, time, bytes }: SetInfo): PrunedSet => ({
  ...{ set, chain, device, counter, time, bytes },
});
