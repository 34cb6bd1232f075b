import { CliError } from '../errors.ts';
import type { Context } from '../invocation.ts';
import { count, duration } from '../output/index.ts';
import { stopped } from '../signals.ts';
import { startPrograms } from './act-1-programs.ts';
import { setPolicies } from './act-2-policies.ts';
import { backUpPhone } from './act-3-backup.ts';
import { restoreElsewhere } from './act-4-restore.ts';
import { showLocked } from './act-5-locked.ts';
import { refuseOthers } from './act-6-others.ts';
import { detectTampering } from './act-7-tampering.ts';
import { Narrator } from './narrator.ts';
import { type Stage, setStage } from './stage.ts';

/** Plays all acts; then keeps the programs running until the user stops them, or ends with `--once`. */
export async function runQuickstart(context: Context): Promise<void> {
  const { output, settings, signal } = context;
  const began = performance.now();
  const narrator = new Narrator(output);
  const stage = await setStage({
    state: settings.text('state'),
    data: settings.text('data'),
    narrator,
    output,
    signal,
  });
  try {
    await play(stage);
    output.say(`\n${summary(context, narrator)}`);
    const took = duration(performance.now() - began);
    const held = narrator.shown.filter((row) => row.held).length;
    output.result(
      { kind: 'result', held: narrator.held, shown: narrator.shown },
      `\n${held} of ${count(narrator.shown.length, 'expectation')} held, in ${took}`,
    );
    if (!narrator.held)
      throw new CliError('ERR_EXPECTATION', 'quickstart: not everything came out as expected, see ✗ above');
    if (settings.on('once')) return;
    await keepRunning(stage, context);
  } finally {
    await stage.close();
  }
}

async function play(stage: Stage): Promise<void> {
  await startPrograms(stage);
  await setPolicies(stage);
  const phone = await backUpPhone(stage);
  const second = await restoreElsewhere(stage, phone);
  await showLocked(stage, phone);
  await refuseOthers(stage, phone);
  await detectTampering(stage, phone, second);
}

function summary({ output }: Context, narrator: Narrator): string {
  return output.table(
    [{ title: '' }, { title: 'SHOWN' }, { title: 'REQUIREMENT' }],
    narrator.shown.map((row) => [row.held ? '✓' : '✗', row.what, row.requirement]),
  );
}

async function keepRunning(
  { programs, directory, temporary }: Stage,
  { output, signal }: Context,
): Promise<void> {
  const { server, storage, areaUri } = programs;
  const urls = {
    server: server.url,
    openapi: `${server.url}/openapi.json`,
    storage: storage.url,
    area: areaUri,
  };
  output.entry({ kind: 'running', ...urls, tokenFile: server.adminToken, state: directory }, '');
  output.say(`enterprise server   ${urls.server} (interface: ${urls.openapi})
storage             ${urls.storage}
its area            ${urls.area}
state               ${directory}

While it runs, in another terminal:
  npx holdfast device databases --state ${directory}/alice-phone
  npx holdfast ls --state ${directory}/alice-phone
  npx holdfast admin device list --server ${urls.server} --token-file ${server.adminToken}

Ctrl+C ends it${temporary ? ' and removes all of it' : ''}.`);
  await stopped(signal);
}
