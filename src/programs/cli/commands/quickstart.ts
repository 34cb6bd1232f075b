import type { Command } from 'commander';
import { act } from '../invocation.ts';
import { flag } from '../settings/index.ts';

/** `quickstart`: the main job, shown with the real programs on this computer. */
export function addQuickstartCommand(program: Command): void {
  const quickstart = program
    .command('quickstart')
    .description('show the main job on this computer: server, storage, devices, and who is refused');
  flag(
    quickstart,
    'quickstart',
    '--state <DIR>',
    'keep everything there; default: a temporary directory, removed at the end',
  );
  flag(
    quickstart,
    'quickstart',
    '--data <DIR>',
    "the phone's data, an entry for each database; default: an invented phone",
  );
  flag(
    quickstart,
    'quickstart',
    '--once',
    'end after the last act, with 0 when everything came out as expected',
  );
  act(quickstart, async (context) => {
    const { runQuickstart } = await import('../quickstart/index.ts');
    await runQuickstart(context);
  });
}
