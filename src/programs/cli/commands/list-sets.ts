import type { Command } from 'commander';
import type { SetRow } from '../../../api/device/index.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { CliError } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { bytes, count, dateTime, type Output } from '../output/index.ts';
import { flag } from '../settings/index.ts';
import { from, fromFlag, requireFinished } from './place.ts';
import { way, wayFlags } from './way.ts';
import { freshness } from './words.ts';

/** `sets`: what was backed up and when; and to confirm what looked like an accident. */
export function addListSetsCommand(program: Command): void {
  const sets = program.command('sets').description('the backup sets of all devices of the user');
  wayFlags(stateFlag(fromFlag(sets)));
  flag(sets, 'device', '--device <ID>', 'only those of this device');
  act(sets, listSets);

  // Its flags are those of `sets`.
  const confirm = sets
    .command('confirm')
    .description(
      'much was gone or changed at once in a set, and that was meant: pruning need not wait any more',
    )
    .argument('ID', 'the set, as holdfast sets marks it');
  act(confirm, confirmSet);
}

function listSets(context: Context): Promise<void> {
  const { settings, output } = context;
  const device = settings.text('device');
  return withDevice(context, async (call) => {
    const result = await call('sets', {
      ...from(settings),
      ...(await way(context)),
      ...(device === undefined ? {} : { device }),
    });
    const { sets, destination } = result;
    output.result(result, () => {
      const lost = result.missing.map(
        (head) =>
          `missing: all sets of device ${head.device} in chain ${head.chain}, of which number ${head.counter} was reported, made ${dateTime(head.time)}`,
      );
      if (sets.length === 0) return [...lost, `no sets at ${destination}`].join('\n');
      const end = `${count(sets.length, 'set')} at ${destination}; ${freshness(result.freshness)}`;
      return [table(output, sets), ...lost, end, ...waiting(sets)].join('\n');
    });
    const [missing] = result.missing;
    if (missing)
      throw new CliError(
        'ERR_DAMAGED',
        `${destination} shows nothing of ${count(result.missing.length, 'chain')} that devices reported: it lost them or holds them back`,
      );
    requireFinished(
      destination,
      sets.find((row) => row.unfinished),
    );
  });
}

function table(output: Output, sets: readonly SetRow[]): string {
  const marked = sets.some((row) => noteOf(row) !== '');
  return output.table(
    [
      { title: 'SET' },
      { title: 'DEVICE' },
      { title: 'NUMBER', right: true },
      { title: 'TIME' },
      { title: 'SIZE', right: true },
      ...(marked ? [{ title: 'NOTE' }] : []),
    ],
    sets.map((row) => [
      row.set,
      row.own ? `${row.device} (this one)` : row.device,
      String(row.counter),
      dateTime(row.time),
      bytes(row.bytes),
      ...(marked ? [noteOf(row)] : []),
    ]),
  );
}

const noteOf = ({ alert, unfinished }: SetRow): string =>
  [alert ? 'to be confirmed' : '', unfinished ? 'unfinished' : ''].filter((note) => note !== '').join(', ');

/** U6: said with what to do about it. */
function waiting(sets: readonly SetRow[]): string[] {
  const all = sets.filter(({ alert }) => alert);
  const [first] = all;
  if (!first) return [];
  const before = sets.findLast(({ chain, counter }) => chain === first.chain && counter < first.counter);
  const look = before ? `look with: holdfast diff ${before.set} ${first.set} --names; ` : '';
  return [
    `much was gone or changed at once in ${count(all.length, 'set')}: nothing older is pruned until that is confirmed`,
    `${look}if it was meant: holdfast sets confirm ${first.set}`,
  ];
}

function confirmSet(context: Context): Promise<void> {
  const { args, settings, output } = context;
  return withDevice(context, async (call) => {
    const result = await call('setsConfirm', { ...from(settings), set: args[0] ?? '' });
    output.result(result, () => {
      const left = result.waiting.length === 0 ? '' : `; still waiting: ${result.waiting.join(', ')}`;
      return `set ${result.set} is confirmed${left}`;
    });
  });
}
