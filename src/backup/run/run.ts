import { fromBase64Url, showBytes, toBase64Url } from '../../lib/bytes.ts';
import type { Manifest } from '../../set/index.ts';
import type { CatalogueRun, Unit } from '../catalogue.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { BackupReport, BackupRequest, MassChange, SetInfo } from '../requests.ts';
import { Checkpoints } from './checkpoints.ts';
import { backupDatabase } from './database.ts';
import { massChange } from './guard.ts';
import { Keyring } from './keyring.ts';
import { keyringInUse } from './keyring-state.ts';
import { type OpenedChain, openChainForRun } from './open-chain.ts';
import { Run } from './run-context.ts';
import { sealedTo } from './sealed-to.ts';
import { SegmentList } from './segment-list.ts';
import { indexesOf, storeManifest, toldBefore, usedSets } from './store-manifest.ts';
import type { UnitRun } from './unit.ts';
import { sourcesOf, type WrittenIndex, writeIndex } from './write-index.ts';

/**
 * Makes one backup set (B10, N3-N5). Order of writes: data segments, index segments, envelopes, and the manifest last:
 * a set without it does not exist. Broken off at any point, the next run goes on from what the destination has stored.
 *
 * @throws BackupError, CryptoError `ERR_NO_KEY`, DestinationError
 */
export async function runBackup(context: EngineContext, request: BackupRequest): Promise<BackupReport> {
  const opened = await openChainForRun(context, request.catalogue, request.chain);
  const known = opened.state?.chunking;
  const chunking = known ? fromBase64Url(known) : context.platform.random(32);
  const keyring = new Keyring(context, opened.place.chain);
  const catalogueRun = request.dryRun ? undefined : begin(context, request, opened, keyring);
  const run = new Run(context, request, opened.place, keyring, catalogueRun, chunking);
  const every = context.destination.checkpointEvery;
  if (catalogueRun && every !== undefined && !opened.state) run.checkpoints = new Checkpoints(run, every);

  const units: UnitRun[] = [];
  try {
    for (const plans of Map.groupBy(request.plans, (plan) => plan.database).values())
      units.push(...(await backupDatabase(run, plans)));
  } finally {
    await run.uploads.finish();
  }
  requireSomething(run, units);
  const reports = units.map((unit) => unit.report());
  const databases = reports.filter((one) => one.items > 0 || one.deleted > 0);
  // In a share nothing older is kept for anybody to come back to.
  const massChanges = context.shares ? [] : units.map(massChange).filter((change) => change !== undefined);
  for (const change of massChanges) tellMassChange(context, change);
  const report = { databases, massChanges, leftOut: run.leftOut };
  if (!catalogueRun) return { ...report, stored: 0 };

  run.recorder!.finish();
  // The last index takes its time: until it is there, everything else shall not be lost.
  if (run.checkpoints?.behind) await run.checkpoints.put();
  const written = await writeIndexes(run, units);
  await keyring.storeEnvelopes(opened.place);
  const set = await closeSet(run, opened, units, written, massChanges.length > 0);
  return { set, ...report, stored: run.stored };
}

/** Goes on with the run that broke off, if there is one, and the data keys of what it has stored are still here. */
function begin(
  context: EngineContext,
  { catalogue, plans }: BackupRequest,
  { place }: OpenedChain,
  keyring: Keyring,
): CatalogueRun {
  const recipients = sealedTo(context, plans);
  const beginUnder = () =>
    catalogue.begin({
      chain: place.chain,
      keyring: `${keyring.id} ${recipients}`,
      newSet: () => toBase64Url(context.platform.random(16)),
    });
  const run = beginUnder();
  if (keyring.holds(run.segments())) return run;
  keyring.replace();
  return beginUnder();
}

function tellMassChange(context: EngineContext, change: MassChange): void {
  const { database, deleted, changed, before } = change;
  context.report({
    kind: 'notice',
    code: 'MASS_CHANGE',
    message: `"${database}": ${deleted} of ${before} items are gone and ${changed} changed; the set is marked, and nothing older is pruned until it is confirmed (holdfast sets confirm)`,
  });
}

/** When nothing at all could be listed, or nothing that was asked for is there, there is nothing to close. */
function requireSomething(run: Run, units: readonly UnitRun[]): void {
  const whole = run.leftOut.find((one) => one.item === undefined);
  if (units.length === 0 && whole)
    throw new BackupError('ERR_NOTHING_DONE', `nothing was backed up: ${whole.database}: ${whole.reason}`);
  const missing = (run.request.items ?? []).filter((uid) => !run.seen.has(uid.toHex()));
  if (missing.length === 0) return;
  const reason = 'no source has this item';
  if (run.seen.size === 0)
    throw new BackupError('ERR_ITEM_UNKNOWN', `${missing.map(showBytes).join(', ')}: ${reason}`);
  const [plan] = run.request.plans;
  for (const uid of missing)
    run.leftOut.push({ database: plan!.database, item: showBytes(uid), code: 'ERR_ITEM_UNKNOWN', reason });
}

async function writeIndexes(run: Run, units: readonly UnitRun[]): Promise<Map<UnitRun, WrittenIndex>> {
  const written = new Map<UnitRun, WrittenIndex>();
  for (const unit of units) {
    run.context.signal.throwIfAborted();
    run.progress('index', unit.key.database, 0, 0);
    const index = await writeIndex(run, unit, sourcesOf(run.request.plans, unit.key.database));
    if (index) written.set(unit, index);
  }
  await run.uploads.finish();
  return written;
}

/** Signs and stores the manifest; from here on the set exists. */
async function closeSet(
  run: Run,
  opened: OpenedChain,
  listed: readonly UnitRun[],
  written: ReadonlyMap<UnitRun, WrittenIndex>,
  marked: boolean,
): Promise<SetInfo> {
  const { context, request, keyring } = run;
  const catalogueRun = run.catalogueRun!;
  const { set } = catalogueRun;
  const { chain, device } = opened.place;
  const { state } = opened;
  const counter = (state?.last.counter ?? 0) + 1;
  const units = unitsAfter(request.catalogue.units(), written);
  const time = context.clock();
  const alerts = [...(state?.alerts ?? []), ...(marked ? [set] : [])];
  const manifest: Manifest = {
    v: 1,
    kind: context.shares ? 'share' : 'backup',
    device,
    chain,
    set,
    counter,
    ...(state ? { prev: state.last.hash } : {}),
    base: state?.base ?? 1,
    time,
    keyring: keyring.manifest(),
    databases: manifestSegments(run, written).databases(run.plain),
    indexes: indexesOf(units),
    uses: usedSets(request.catalogue.sets(), units, set),
    ...toldBefore(state),
    ...state?.recaps,
    ...(alerts.length > 0 ? { alerts } : {}),
    ...(opened.continues ? { continues: opened.continues } : {}),
  };
  context.signal.throwIfAborted();
  keyring.count(set);
  const last = await storeManifest(context, catalogueRun, manifest, units, {
    chunking: toBase64Url(run.chunking),
    alerts,
    live: run.recorder!.live([...written.keys()].map((unit) => unit.key)),
    compacted: listed.flatMap(({ key, compaction }) => compaction.tried(run.recorder!.storedOf(key))),
    keys: [...written.values()].flatMap(({ unit, keys }) => (keys ? [{ unit, keys }] : [])),
    ...toldBefore(state),
  });
  keyringInUse(context, chain); // forgets it after its last set
  return { device, chain, ...last, bytes: run.stored, ...(marked ? { alert: true } : {}) };
}

function unitsAfter(before: readonly Unit[], written: ReadonlyMap<UnitRun, WrittenIndex>): Unit[] {
  const units = new Map(before.map((unit) => [JSON.stringify([unit.database, unit.class]), unit]));
  for (const { unit } of written.values()) units.set(JSON.stringify([unit.database, unit.class]), unit);
  return [...units.values()];
}

function manifestSegments(run: Run, written: ReadonlyMap<UnitRun, WrittenIndex>): SegmentList {
  const segments = new SegmentList(run.context.platform);
  for (const table of run.catalogueRun!.segments()) segments.add('data', table);
  for (const index of written.values()) for (const table of index.segments) segments.add('index', table);
  return segments;
}
