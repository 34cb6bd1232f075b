import type { Command } from 'commander';
import type { DeviceEndResult } from '../../../api/device/index.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { act, type Context } from '../invocation.ts';
import { dateTime } from '../output/index.ts';
import { flag } from '../settings/index.ts';
import { describeOwner } from './owner.ts';
import { requiredWay, wayFlags } from './way.ts';

/** `device end`: a person's device that was lost, stolen or given away (U4). */
export function addDeviceEndCommand(device: Command): void {
  const end = device
    .command('end <DEVICE>')
    .description('a device of yours is lost or gone: what it stores from now on counts for nothing');
  wayFlags(stateFlag(end));
  flag(
    end,
    'device',
    '--set <ID>…',
    'its last set that is to count, of each chain that is to; default: all that are there',
  );
  act(end, endDevice);
}

async function endDevice(context: Context): Promise<void> {
  const { settings, output, args } = context;
  const sets = settings.list('set');
  const way = await requiredWay(context);
  await withDevice(context, async (call) => {
    const result = await call('deviceEnd', {
      device: args[0]!,
      way,
      ...(sets.length > 0 && { sets: [...sets] }),
    });
    output.result({ kind: 'result', ...result }, () => describe(result));
    for (const { uri, ended, reason } of result.areas)
      if (!ended)
        output.notice(
          'ACCESS_GOES_ON',
          `${uri}: access that it has there could not be ended by this way in (${reason}); what it stores counts for nothing all the same. Run this again with the way in that gave it access, or have the area's operator revoke that: holdfast storage area revoke`,
        );
    output.notice(
      'DEVICE_KEEPS',
      'it cannot open what is stored, but whoever has it has the data that are on it; keys in files on it should be taken out: holdfast wim remove',
    );
  });
}

function describe({ owner, changed, heads, areas }: DeviceEndResult): string {
  return [
    describeOwner(owner),
    ...(changed ? [] : ['unchanged    the device was ended already']),
    ...heads.map(({ chain, counter, time, set }) => {
      const last = set === undefined ? `manifest ${counter}` : `set ${set}`;
      return `counts       chain ${chain} up to ${last} of ${dateTime(time)}`;
    }),
    ...areas.flatMap(({ uri, ended }) => (ended ? [`access       ended at ${uri}`] : [])),
  ].join('\n');
}
