/** Operation `backup`. */
import type { LeftOut, SourceRow } from '../../../api/device/index.ts';
import { type BackupReport, type DatabasePlan, runBackup } from '../../../backup/index.ts';
import { parseShown } from '../../../lib/bytes.ts';
import type { Destination } from '../../../set/index.ts';
import { openSource } from '../../../sources/index.ts';
import type { LastBackup, UnsentHead } from '../channel/index.ts';
import type { Handler, OperationContext, Parsed } from '../context.ts';
import { notice } from '../context.ts';
import { DeviceError, RefusedError } from '../errors.ts';
import {
  type Barrier,
  classesFor,
  type Gate,
  type KeptOut,
  type Passed,
  type Place,
  passSources,
} from '../gate/index.ts';
import { Lock, refuseOverlap, refuseWithin } from '../home/index.ts';
import { noteStart } from '../schedule/index.ts';
import { listSources } from '../source-book.ts';
import { stand } from '../standing/index.ts';
import { bind } from './bound.ts';
import { limitLeftOut } from './left-out.ts';
import { isFile } from './open-file.ts';

export const backup: Handler<'backup'> = async (context, params) => {
  const { home, signal } = context;
  await using standing = await stand(context);
  await using _ = await Lock.take(home, 'run', { task: 'backup', signal });
  const gated = await passGate(context, standing.gate, params);
  const { engine, destination, request, finish, close } = await bind(context, standing, params, gated.plans);
  try {
    await noteStart(context, params, destination);
    const report = await runBackup(engine, {
      ...request,
      plans: gated.plans,
      ...(params.items && { items: params.items.map(parseShown) }),
      full: params.full === true,
      allowEmpty: params.allowEmpty === true,
      dryRun: params.dryRun === true,
      policy: standing.seq,
    });
    await finish();
    const reported = report.set ? await standing.tell(headOf(report.set, engine.destination)) : true;
    return summarize(report, {
      destination,
      dryRun: params.dryRun === true,
      reported,
      keptOut: gated.keptOut,
    });
  } finally {
    for (const { source } of gated.plans) await source.close();
    await close();
  }
};

/** Determined first, from the policy; only then is a source opened (B9). */
async function passGate(
  context: OperationContext,
  gate: Gate,
  { databases, to, replace }: Parsed<'backup'>,
): Promise<{ plans: DatabasePlan[]; keptOut: readonly KeptOut[] }> {
  const { home } = context;
  const place = isFile(to) ? 'file' : 'area';
  if (replace && place === 'area')
    throw new DeviceError('ERR_USAGE', 'only a backup file can be replaced; name one with --to FILE.ipd');
  const all = await listSources(home);
  for (const name of databases ?? []) requireAvailable(gate, name, all, place);
  if (all.length === 0) {
    throw new DeviceError(
      'ERR_USAGE',
      'there is nothing to back up; run: holdfast source add DATABASE KIND PATH',
    );
  }
  const asked = databases ? all.filter(({ database }) => databases.includes(database)) : all;
  const { passed, keptOut } = passSources(gate, asked, place);
  const [first] = keptOut;
  if (passed.length === 0 && first)
    throw refused(`nothing is available for backup; "${first.database}"`, first);
  for (const { source } of passed) {
    await refuseOverlap(home, source.path);
    if (isFile(to)) await refuseWithin(source, to);
  }
  if (isFile(to)) tellUnencrypted(context, gate, passed);
  const plans = passed.map(({ source, classify, rules }): DatabasePlan => {
    const { database, label } = source;
    return { database, label, source: openSource(source), classify, rules };
  });
  return { plans, keptOut };
}

/** B10: whoever finds the file reads these. */
function tellUnencrypted(context: OperationContext, gate: Gate, passed: readonly Passed[]): void {
  const policies = new Map<string, string>();
  for (const { source } of passed)
    for (const itemClass of classesFor(gate, [source])) {
      const { encrypt } = gate.ruleFor(source.database, itemClass);
      if (encrypt.value === 'none' && !gate.barrier(source.database, itemClass, 'file'))
        policies.set(source.database, encrypt.policy);
    }
  for (const [database, policy] of policies)
    notice(context, 'UNENCRYPTED', `"${database}" goes into the file unencrypted, as policy ${policy} says`);
}

/** A database that was asked for by name: at least one of its classes can be backed up, and has a source. */
function requireAvailable(gate: Gate, name: string, all: readonly SourceRow[], place: Place): void {
  const filling = all.filter((source) => source.database === name);
  const barriers = classesFor(gate, filling).map((itemClass) => gate.barrier(name, itemClass, place));
  const [first] = barriers;
  if (first && barriers.every((barrier) => barrier)) {
    throw refused(`database "${name}" is not available for backup`, first);
  }
  if (filling.length > 0) return;
  const filled = [...new Set(all.map((source) => source.database))].join(', ') || 'none';
  throw new DeviceError(
    'ERR_USAGE',
    `there is no source for database "${name}"; databases with sources: ${filled}`,
  );
}

/** Policy wants it backed up, and whose key is to open it is not here. */
const isMissing = ({ code }: Barrier): boolean => code === 'no-key' || code === 'no-owner';
/** It was backed up before, and waits for the user's answer. */
const isWaiting = ({ code }: Barrier): boolean => code === 'unanswered';

const refused = (what: string, barrier: Barrier): DeviceError =>
  isMissing(barrier)
    ? new DeviceError('ERR_NO_KEY', `${what}: ${barrier.reason}`)
    : new RefusedError(barrier.policy, `${what}: ${barrier.reason}`);

function headOf(
  { set, chain, counter, hash, time }: NonNullable<BackupReport['set']>,
  { label, area }: Destination,
): LastBackup | UnsentHead {
  const head = { chain, counter, hash, time };
  return area === undefined ? head : { ...head, area, set, destination: label };
}

function summarize(
  report: BackupReport,
  run: {
    readonly destination: string;
    readonly dryRun: boolean;
    readonly reported: boolean;
    readonly keptOut: readonly KeptOut[];
  },
) {
  const { destination, dryRun, reported } = run;
  const byPolicy = run.keptOut.map(
    ({ database, label, class: itemClass, code, reason, policy }): LeftOut => ({
      ...{ database, label, class: itemClass, code, reason, policy },
    }),
  );
  const { set } = report;
  return {
    dryRun,
    destination,
    ...(set && { set: { set: set.set, chain: set.chain, counter: set.counter, time: set.time } }),
    databases: [...report.databases],
    stored: report.stored,
    ...limitLeftOut([...byPolicy, ...report.leftOut]),
    // What policy wants backed up and no key is here for is missing, and what nobody has answered; what it keeps out is not.
    complete:
      report.leftOut.length === 0 && !run.keptOut.some((barrier) => isMissing(barrier) || isWaiting(barrier)),
    reported,
  };
}
