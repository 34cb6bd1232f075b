import type { Command } from 'commander';
import type { AreaRow } from '../../../api/device/index.ts';
import { stateFlag, withDevice } from '../connections/index.ts';
import { act, type Context } from '../invocation.ts';
import { dateTime, type Output } from '../output/index.ts';
import { requiredWay, wayFlags } from './way.ts';

/** `area`: where a device without a server backs up to (N7, N8). */
export function addAreaCommands(program: Command): void {
  const area = program.command('area').description('storage areas of a device without a server');

  const add = area.command('add <URI>').description('give this device access to an area, or renew it');
  act(wayFlags(stateFlag(add)), addArea);
  act(stateFlag(area.command('list').description('the areas, the first is where backups go')), (context) =>
    withDevice(context, async (call) => {
      const result = await call('areaList', {});
      context.output.result(result, () => describeAreas(context.output, result.areas));
    }),
  );
  for (const [name, operation, description] of [
    ['use', 'areaUse', 'back up there from now on'],
    ['remove', 'areaRemove', 'give up access; nothing is deleted there'],
  ] as const)
    act(stateFlag(area.command(`${name} <URI>`).description(description)), (context) =>
      withDevice(context, async (call) => {
        const result = await call(operation, { uri: context.args[0]! });
        context.output.result(result, () => describeAreas(context.output, result.areas));
      }),
    );
}

async function addArea(context: Context): Promise<void> {
  const way = await requiredWay(context);
  await withDevice(context, async (call) => {
    const row = await call('areaAdd', { uri: context.args[0]!, way });
    context.output.result(
      row,
      `access until ${dateTime(row.expires)}; from anywhere, with your way in alone: holdfast restore --from ${row.uri}`,
    );
  });
}

function describeAreas(output: Output, areas: readonly AreaRow[]): string {
  if (areas.length === 0) return 'no area yet; run: holdfast area add URI --wim FILE';
  return output.table(
    [{ title: 'AREA' }, { title: 'BACKUPS' }, { title: 'ACCESS UNTIL' }],
    areas.map(({ uri, first, expires }) => [uri, first ? 'go here' : '', dateTime(expires)]),
  );
}
