import type { Command } from 'commander';
import type { VerifyResult } from '../../../api/device/index.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { CliError } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { bytes, count, dateTime } from '../output/index.ts';
import { flag, type Settings } from '../settings/index.ts';
import { whichSet, whichSetFlags } from './which-set.ts';
import { freshness } from './words.ts';

/** `sets`, `ls` and `verify`: what lies at a destination, and whether it is sound. */
export function addSetCommands(program: Command): void {
  const sets = program.command('sets').description('the backup sets of all devices of the user');
  fromFlag(sets);
  flag(sets, 'device', '--device <ID>', 'only those of this device');
  act(sets, listSets);

  const ls = program.command('ls').description('the items in a set');
  fromFlag(ls);
  whichSetFlags(ls);
  flag(ls, 'device', '--database <NAME>…', 'only this database; may be repeated');
  act(ls, listItems);

  const verify = program
    .command('verify')
    .description('check that everything is there, authentic and can be opened');
  fromFlag(verify);
  whichSetFlags(verify);
  flag(verify, 'device', '--structure', 'signatures and hashes only; needs no key that opens');
  act(verify, runVerify);
}

function fromFlag(command: Command): void {
  stateFlag(command);
  flag(command, 'device', '--from <URI>', 'storage area; default: the first that the policy names');
}

/** The flags that were said. */
function said(settings: Settings, names: readonly ('from' | 'device')[]): { from?: string; device?: string } {
  const found: { from?: string; device?: string } = {};
  for (const name of names) {
    const value = settings.text(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function listSets(context: Context): Promise<void> {
  return withDevice(context, async (call) => {
    const result = await call('sets', said(context.settings, ['from', 'device']));
    context.output.result(result, () => {
      if (result.sets.length === 0) return `no sets at ${result.destination}`;
      const table = context.output.table(
        [
          { title: 'SET' },
          { title: 'DEVICE' },
          { title: 'NUMBER', right: true },
          { title: 'TIME' },
          { title: 'SIZE', right: true },
        ],
        result.sets.map((row) => [
          row.set,
          row.own ? `${row.device} (this one)` : row.device,
          String(row.counter),
          dateTime(row.time),
          bytes(row.bytes),
        ]),
      );
      return `${table}\n${count(result.sets.length, 'set')} at ${result.destination}; ${freshness(result.freshness)}`;
    });
  });
}

function listItems(context: Context): Promise<void> {
  const { settings, output } = context;
  const databases = settings.list('database');
  const params = {
    ...said(settings, ['from']),
    ...whichSet(settings),
    ...(databases.length > 0 ? { databases: [...databases] } : {}),
  };
  return withDevice(
    context,
    async (call) => {
      const result = await call('ls', params);
      const of = `set ${result.set.set} of ${dateTime(result.set.time)}; ${freshness(result.freshness)}`;
      output.result({ kind: 'result', ...result }, `${count(result.entries, 'item')} in ${of}`);
    },
    (entry) => {
      if (entry.kind !== 'entry') return;
      const type = entry.directory ? 'directory' : entry.link === undefined ? '' : `-> ${entry.link}`;
      const title = entry.uid.endsWith(entry.title) ? '' : entry.title;
      const size = bytes(entry.size).padStart(9);
      const named = [entry.uid, title && `"${title}"`, type].filter((part) => part !== '').join('  ');
      output.entry(
        entry,
        `${entry.database.padEnd(16)}  ${dateTime(entry.time).padEnd(19)}  ${size}  ${named}`,
      );
    },
  );
}

function runVerify(context: Context): Promise<void> {
  const { settings, output } = context;
  return withDevice(context, async (call) => {
    const result = await call('verify', {
      ...said(settings, ['from']),
      ...whichSet(settings),
      structureOnly: settings.on('structure'),
    });
    output.result({ kind: 'result', ...result }, () => describeVerify(result));
    const first = result.damaged[0];
    if (!first) return;
    const all = count(result.damaged.length, 'damaged object');
    throw new CliError('ERR_DAMAGED', `${all} at ${result.destination}: ${first.object}: ${first.message}`);
  });
}

function describeVerify(result: VerifyResult): string {
  const checked = [count(result.segments, 'segment'), count(result.items, 'item'), bytes(result.bytes)].join(
    ', ',
  );
  const damaged = result.damaged.map((row) => `damaged: ${row.object}: ${row.message}`);
  const end =
    damaged.length === 0 ? 'everything is as it was stored' : count(damaged.length, 'damaged object');
  return [
    ...damaged,
    `checked set ${result.set.set} (number ${result.set.counter}): ${checked}; ${freshness(result.freshness)}`,
    end,
  ].join('\n');
}
