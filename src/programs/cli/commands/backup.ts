import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { BackupResult, LeftOut, RestoreResult, WrittenEvent } from '../../../api/device/index.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { CliError } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { bytes, count, dateTime, type Output } from '../output/index.ts';
import { flag, type Settings } from '../settings/index.ts';
import { parseDuration } from './amounts.ts';
import { from, fromFlag, isArea, place, requireFinished } from './place.ts';
import { way, wayFlags } from './way.ts';
import { whichSet, whichSetFlags } from './which-set.ts';
import { freshness } from './words.ts';

/** `backup` and `restore`. */
export function addBackupCommands(program: Command): void {
  const backup = program.command('backup').description('back up what the policy allows');
  stateFlag(backup);
  flag(
    backup,
    'device',
    '--to <URI|FILE>',
    'storage area, or a backup file FILE.ipd; default: the first area that the policy names',
  );
  flag(backup, 'device', '--replace', 'replace a backup file that is there');
  selectionFlags(backup);
  flag(backup, 'device', '--full', 'write a full index');
  flag(backup, 'device', '--allow-empty', 'a source that had items and now has none was emptied on purpose');
  flag(backup, 'device', '--dry-run', 'say what would be done, store nothing');
  waitFlag(backup);
  act(backup, runBackup);

  const restore = program.command('restore').description('bring back what was backed up');
  stateFlag(restore);
  fromFlag(restore);
  selectionFlags(restore);
  whichSetFlags(restore);
  flag(
    restore,
    'device',
    '--accept-older <ID>',
    'this set, although a newer one is known that is not there; the server is told',
  );
  flag(
    restore,
    'device',
    '--into <DIR>',
    'write there, a folder for each database, and not into the sources',
  );
  flag(restore, 'device', '--keep-both', 'write a changed item beside what is there');
  flag(restore, 'device', '--dry-run', 'say what would be done, item by item with --verbose; write nothing');
  waitFlag(restore);
  wayFlags(restore);
  act(restore, runRestore);
}

const waitFlag = (command: Command): Command =>
  flag(
    command,
    'device',
    '--wait <TIME>',
    'how long to wait for a storage area that goes away on the way, such as 30s or 15m; default: 2m',
  );

function wait(settings: Settings): { wait?: number } {
  const text = settings.text('wait');
  return text === undefined ? {} : { wait: parseDuration('--wait', text) };
}

function selectionFlags(command: Command): void {
  flag(command, 'device', '--database <NAME>…', 'only this database; may be repeated');
  flag(command, 'device', '--item <UID>…', 'only this item, as holdfast ls shows it; may be repeated');
}

/** Only what was said: the device knows the defaults. */
function selection(settings: Settings): { databases?: string[]; items?: string[] } {
  const databases = [...settings.list('database')];
  const items = [...settings.list('item')];
  return { ...(databases.length > 0 ? { databases } : {}), ...(items.length > 0 ? { items } : {}) };
}

async function runBackup(context: Context): Promise<void> {
  const { settings, output } = context;
  const to = settings.text('to');
  return withDevice(context, async (call) => {
    const result = await call('backup', {
      ...selection(settings),
      ...(to === undefined ? {} : { to: place(to) }),
      replace: settings.on('replace'),
      full: settings.on('full'),
      allowEmpty: settings.on('allow-empty'),
      dryRun: settings.on('dry-run'),
      ...wait(settings),
    }).catch((cause) => {
      if (!context.signal.aborted || to === undefined || isArea(to)) throw cause;
      throw new CliError('ERR_INTERRUPTED', 'interrupted; the same command again begins a new file', {
        cause,
      });
    });
    output.result(asLine(result), () => describeBackup(output, result));
    if (!result.complete) throw partial('backed up', result.leftOutCount);
  });
}

async function runRestore(context: Context): Promise<void> {
  const { settings, output } = context;
  const into = settings.text('into');
  const acceptOlder = settings.text('accept-older');
  return withDevice(
    context,
    async (call) => {
      const result = await call('restore', {
        ...selection(settings),
        ...from(settings),
        ...whichSet(settings),
        ...(await way(context)),
        ...(acceptOlder === undefined ? {} : { acceptOlder }),
        ...(into === undefined ? {} : { into: resolve(into) }),
        keepBoth: settings.on('keep-both'),
        dryRun: settings.on('dry-run'),
        names: settings.on('verbose'),
        ...wait(settings),
      });
      output.result(asLine(result), () => describeRestore(output, result));
      if (result.leftOutCount > 0) throw partial('restored', result.leftOutCount);
      requireFinished(result.destination, result.set);
    },
    (row) => {
      if (row.kind === 'written') output.entry(row, describeWritten(row));
    },
  );
}

/** A result behind progress lines is one of them, and has a `kind` like them. */
const asLine = (result: object): object => ({ kind: 'result', ...result });

function describeBackup(output: Output, result: BackupResult): string {
  const table = output.table(
    [
      { title: 'DATABASE' },
      { title: 'CLASS' },
      { title: 'ITEMS', right: true },
      { title: 'NEW', right: true },
      { title: 'CHANGED', right: true },
      { title: 'GONE', right: true },
      { title: 'SIZE', right: true },
    ],
    result.databases.map((row) => [
      row.database,
      row.class,
      ...[row.items, row.added, row.changed, row.deleted].map((n) => n.toLocaleString('en-US')),
      bytes(row.bytes),
    ]),
  );
  const end = result.set
    ? `set ${result.set.set} (number ${result.set.counter}) is complete: ${bytes(result.stored)} stored at ${result.destination}`
    : result.dryRun
      ? `dry run: nothing was stored at ${result.destination}`
      : `nothing has changed; nothing was stored at ${result.destination}`;
  return lines(result.databases.length > 0 ? table : '', leftOut(result), end);
}

const done: Record<WrittenEvent['written'], string> = {
  added: 'added',
  replaced: 'replaced',
  kept: 'kept',
  'kept-both': 'beside',
};

function describeWritten({ written, database, uid, title, size }: WrittenEvent): string {
  const named = uid.endsWith(title) ? uid : `${uid}  "${title}"`;
  return `${done[written].padEnd(8)}  ${database.padEnd(16)}  ${bytes(size).padStart(9)}  ${named}`;
}

function describeRestore(output: Output, result: RestoreResult): string {
  const table = output.table(
    [
      { title: 'DATABASE' },
      { title: 'TO' },
      { title: 'ADDED', right: true },
      { title: 'REPLACED', right: true },
      { title: 'KEPT', right: true },
      { title: 'BESIDE', right: true },
      { title: 'SIZE', right: true },
    ],
    result.databases.map((row) => [
      row.database,
      row.target,
      ...[row.added, row.replaced, row.kept, row.keptBoth].map((n) => n.toLocaleString('en-US')),
      bytes(row.bytes),
    ]),
  );
  const { set } = result;
  const end = `${result.dryRun ? 'dry run, nothing was written: ' : 'restored from '}set ${set.set} (number ${set.counter}${set.unfinished ? ', unfinished' : ''}) of ${dateTime(set.time)}; ${result.older ? `number ${result.older.counter} was known at ${dateTime(result.older.knownAt)}` : freshness(result.freshness)}`;
  return lines(result.databases.length > 0 ? table : '', leftOut(result), end);
}

const partial = (done: string, leftOut: number): CliError =>
  new CliError(
    'ERR_PARTIAL',
    `not everything was ${done}: ${count(leftOut, 'entry', 'entries')} left out, as listed`,
  );

const LEFT_OUT_SHOWN = 20;

/** What is not there and why: nothing is left out unsaid (U7). */
function leftOut(result: { readonly leftOut: readonly LeftOut[]; readonly leftOutCount: number }): string {
  if (result.leftOutCount === 0) return '';
  const shown = result.leftOut.slice(0, LEFT_OUT_SHOWN).map((row) => {
    const parts = [row.database, row.label, row.item].filter((part) => part !== undefined);
    const of = row.class === undefined ? '' : ` (${row.class})`;
    const what = [...new Set(parts)].join(' / ') + of;
    const by = row.policy === undefined || row.reason.includes(row.policy) ? '' : ` (policy ${row.policy})`;
    return `left out: ${what}: ${row.reason}${by}`;
  });
  const rest = result.leftOutCount - shown.length;
  if (rest > 0) shown.push(`and ${count(rest, 'more', 'more')}; --json lists up to a thousand`);
  return shown.join('\n');
}

const lines = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('\n');
