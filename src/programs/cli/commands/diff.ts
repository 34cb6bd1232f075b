import type { Command } from 'commander';
import type { DifferenceEvent, DiffResult, UsedSet } from '../../../api/device/index.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { usage } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { bytes, dateTime, type Output } from '../output/index.ts';
import { flag } from '../settings/index.ts';
import { from, fromFlag } from './place.ts';
import { way, wayFlags } from './way.ts';
import { moment } from './which-set.ts';
import { freshness } from './words.ts';

/** `diff`: what has changed between two sets. */
export function addDiffCommand(program: Command): void {
  const diff = program
    .command('diff')
    .description('what has changed between two sets; default: the newest one and the one before')
    .argument('[SET]', 'what has changed since this set')
    .argument('[NEWER]', 'and up to this one; default: the newest');
  wayFlags(stateFlag(fromFlag(diff)));
  flag(diff, 'device', '--device <ID>', 'sets of this device; default: this one, else the only other');
  flag(
    diff,
    'device',
    '--at <TIME>',
    'since the newest set made by then: 2026-11-20, 2026-11-20T14:05, or 3d (ago); a SET is then the newer one',
  );
  flag(diff, 'device', '--database <NAME>…', 'only this database; may be repeated');
  flag(diff, 'device', '--names', 'list the items');
  act(diff, runDiff);
}

function runDiff(context: Context): Promise<void> {
  const { settings, output } = context;
  const device = settings.text('device');
  const databases = [...settings.list('database')];
  const params = {
    ...from(settings),
    ...(device === undefined ? {} : { device }),
    ...(databases.length > 0 ? { databases } : {}),
    ...sets(context),
    names: settings.on('names'),
  };
  return withDevice(
    context,
    async (call) => {
      const result = await call('diff', { ...params, ...(await way(context)) });
      output.result({ kind: 'result', ...result }, () => describe(output, result));
    },
    (row) => {
      if (row.kind === 'difference') output.entry(row, line(row));
    },
  );
}

function sets({ args, settings }: Context): { older?: string; newer?: string; at?: number } {
  const [first, second] = args;
  const at = moment(settings);
  if (at !== undefined && second !== undefined)
    throw usage('--at says which set is the older one: give one SET with it at most, the newer one');
  if (at !== undefined) return { at, ...(first === undefined ? {} : { newer: first }) };
  return {
    ...(first === undefined ? {} : { older: first }),
    ...(second === undefined ? {} : { newer: second }),
  };
}

function line({ change, database, uid, title, size, was }: DifferenceEvent): string {
  const sizes = change === 'changed' && was !== size ? `${bytes(was)} -> ${bytes(size)}` : bytes(size);
  const named = uid.endsWith(title) ? uid : `${uid}  "${title}"`;
  return `${change.padEnd(7)}  ${database.padEnd(16)}  ${sizes.padStart(9)}  ${named}`;
}

function describe(output: Output, { older, newer, databases, ...result }: DiffResult): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  const table = output.table(
    [
      { title: 'DATABASE' },
      { title: 'CLASS' },
      ...['ADDED', 'SIZE', 'CHANGED', 'SIZE', 'DELETED', 'SIZE'].map((title) => ({ title, right: true })),
    ],
    databases.map((row) => [
      row.database,
      row.class,
      ...[number(row.added), bytes(row.addedBytes)],
      ...[number(row.changed), bytes(row.changedBytes)],
      ...[number(row.deleted), bytes(row.deletedBytes)],
    ]),
  );
  const between = `from ${named(older)} to ${named(newer)}; ${freshness(result.freshness)}`;
  return databases.length === 0 ? `nothing has changed ${between}` : `${table}\n${between}`;
}

const named = ({ set, counter, time }: UsedSet): string =>
  `set ${set} (number ${counter}) of ${dateTime(time)}`;
