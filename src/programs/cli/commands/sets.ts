import type { Command } from 'commander';
import type { VerifyResult } from '../../../api/device/index.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { CliError, usage } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { bytes, count, dateTime, printable } from '../output/index.ts';
import { flag, type Settings } from '../settings/index.ts';
import { from, fromFlag, requireFinished } from './place.ts';
import { way, wayFlags } from './way.ts';
import { whichSet, whichSetFlags } from './which-set.ts';
import { freshness } from './words.ts';

/** `ls` and `verify`: what lies in a set, and whether it is sound. */
export function addSetCommands(program: Command): void {
  const ls = program.command('ls').description('the items in a set');
  stateFlag(fromFlag(ls));
  whichSetFlags(ls);
  wayFlags(ls);
  flag(ls, 'device', '--database <NAME>…', 'only this database; may be repeated');
  act(ls, listItems);

  const verify = program
    .command('verify')
    .description('check that everything is there, authentic and can be opened');
  stateFlag(fromFlag(verify));
  whichSetFlags(verify);
  wayFlags(verify);
  flag(verify, 'device', '--structure', 'signatures and hashes only; needs no key that opens');
  flag(verify, 'device', '--sample <PERCENT>', 'open only so many percent of the items, at random');
  flag(
    verify,
    'device',
    '--seed <TEXT>',
    'the random choice of --sample: with the same text, the same items',
  );
  act(verify, runVerify);
}

async function listItems(context: Context): Promise<void> {
  const { settings, output } = context;
  const databases = settings.list('database');
  const params = {
    ...from(settings),
    ...whichSet(settings),
    ...(await way(context)),
    ...(databases.length > 0 ? { databases: [...databases] } : {}),
  };
  return withDevice(
    context,
    async (call) => {
      const result = await call('ls', params);
      const of = `set ${result.set.set} of ${dateTime(result.set.time)}; ${freshness(result.freshness)}`;
      output.result({ kind: 'result', ...result }, `${count(result.entries, 'item')} in ${of}`);
      requireFinished(result.destination, result.set);
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
      ...from(settings),
      ...whichSet(settings),
      ...(await way(context)),
      structureOnly: settings.on('structure'),
      ...sampling(settings),
    });
    output.result({ kind: 'result', ...result }, () => describeVerify(result, settings.on('structure')));
    const first = result.damaged[0];
    if (!first) return requireFinished(result.destination, result.set);
    const all = count(result.damagedCount, 'damaged object');
    throw new CliError('ERR_DAMAGED', `${all} at ${result.destination}: ${first.object}: ${first.message}`);
  });
}

function sampling(settings: Settings): { sample?: { percent: number; seed?: string } } {
  const [text, seed] = [settings.text('sample'), settings.text('seed')];
  if (text === undefined && seed !== undefined) throw usage('--seed is for --sample PERCENT');
  if (text === undefined) return {};
  const percent = /^\d{1,3}(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : 0;
  if (!(percent > 0 && percent <= 100))
    throw usage(`--sample ${text}: wanted is a share in percent, above 0 and at most 100, for example 10`);
  return { sample: { percent, ...(seed === undefined ? {} : { seed }) } };
}

function describeVerify(result: VerifyResult, structureOnly: boolean): string {
  const { sample, listed } = result;
  const items = sample
    ? `${result.items.toLocaleString('en-US')} of ${count(listed, 'item')} (a sample of ${sample.percent} %, seed ${sample.seed})`
    : count(result.items, 'item');
  const opened = structureOnly ? [] : [items, bytes(result.bytes)];
  const checked = [count(result.segments, 'segment'), ...opened].join(', ');
  const damaged = result.damaged.map(({ object, title, item, message }) => {
    const named = title && !item?.endsWith(title) ? `${object} "${title}"` : object;
    return printable(`damaged: ${named}: ${message}`);
  });
  const more = result.damagedCount - damaged.length;
  if (more > 0) damaged.push(`and ${count(more, 'more', 'more')}`);
  const end =
    result.damagedCount > 0
      ? count(result.damagedCount, 'damaged object')
      : sample
        ? 'what was checked is as it was stored'
        : structureOnly
          ? 'signatures and hashes are as they were stored; no item was opened'
          : 'everything is as it was stored';
  return [
    ...damaged,
    `checked set ${result.set.set} (number ${result.set.counter}): ${checked}; ${freshness(result.freshness)}`,
    end,
  ].join('\n');
}
