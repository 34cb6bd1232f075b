import type { Command } from 'commander';
import type { PruneParams, PruneResult } from '../../../api/device/index.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { act, type Context } from '../invocation.ts';
import { bytes, count, dateTime, type Output } from '../output/index.ts';
import { flag, type Settings } from '../settings/index.ts';
import { parseCount, parseDuration } from './amounts.ts';
import { place } from './place.ts';
import { way, wayFlags } from './way.ts';

/** Flags with a number, and what they are called in the device API. */
const counted = {
  last: ['last', 'the newest so many sets'],
  hourly: ['hourly', 'the newest set of each of so many hours'],
  daily: ['daily', 'the newest set of each of so many days'],
  weekly: ['weekly', 'the newest set of each of so many weeks'],
  monthly: ['monthly', 'the newest set of each of so many months'],
  yearly: ['yearly', 'the newest set of each of so many years'],
} as const satisfies { readonly [N in keyof PruneParams]?: readonly [string, string] };

/** `prune`: deletes old sets of this device, and only what no kept one needs. */
export function addPruneCommand(program: Command): void {
  const prune = program
    .command('prune')
    .description('delete old sets of this device; without --keep-…, all that the policy lets go');
  wayFlags(stateFlag(prune));
  flag(prune, 'device', '--from <URI>', 'storage area; default: the first that the policy names');
  for (const [name, what] of Object.values(counted))
    flag(prune, 'device', `--keep-${name} <N>`, `keep ${what}`);
  flag(prune, 'device', '--keep-within <TIME>', 'keep all made within this time before the newest, like 30d');
  flag(prune, 'device', '--dry-run', 'only say what would be deleted');
  act(prune, runPrune);
}

function runPrune(context: Context): Promise<void> {
  const { settings, output } = context;
  const params = { ...keep(settings), dryRun: settings.on('dry-run') };
  return withDevice(context, async (call) => {
    const result = await call('prune', { ...params, ...(await way(context)) });
    output.result({ kind: 'result', ...result }, () => describe(output, result));
  });
}

function keep(settings: Settings): PruneParams {
  const params: { -readonly [N in keyof PruneParams]: PruneParams[N] } = {};
  for (const name of Object.keys(counted) as (keyof typeof counted)[]) {
    const text = settings.text(`keep-${name}`);
    if (text !== undefined) params[name] = parseCount(`--keep-${name}`, text);
  }
  const within = settings.text('keep-within');
  if (within !== undefined) params.within = parseDuration('--keep-within', within);
  const from = settings.text('from');
  if (from !== undefined) params.from = place(from);
  return params;
}

function describe(output: Output, result: PruneResult): string {
  const { dryRun, destination, kept, removed, objects, appendOnly } = result;
  const gone = dryRun ? 'would be removed' : 'removed';
  const rows = [
    ...kept.map((set) => ({ ...set, what: 'kept' })),
    ...removed.map((set) => ({ ...set, what: gone })),
  ];
  const table = output.table(
    [
      { title: 'SET' },
      { title: 'NUMBER', right: true },
      { title: 'TIME' },
      { title: 'SIZE', right: true },
      { title: dryRun ? 'PLAN' : 'DONE' },
    ],
    rows
      .sort((a, b) => a.counter - b.counter)
      .map(({ set, counter, time, bytes: size, what }) => [
        set,
        `${counter}`,
        dateTime(time),
        bytes(size),
        what,
      ]),
  );
  const freed =
    objects === 0
      ? 'what is kept needs all of what is stored'
      : `${count(objects, 'object')}, ${bytes(result.bytes)}`;
  const of = `${count(removed.length, 'set')} of ${kept.length + removed.length}`;
  const end = appendOnly
    ? `${destination} keeps everything: nothing was deleted`
    : objects === 0 && removed.length === 0
      ? `there is nothing to delete at ${destination}`
      : dryRun
        ? `dry run, nothing was deleted: ${of} would be removed from ${destination}, ${freed}`
        : `removed ${of} from ${destination}: ${freed}`;
  return `${table}\n${end}`;
}
