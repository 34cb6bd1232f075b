import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { ServicePlan } from '../../device/index.ts';
import { deviceState, stateFlag } from '../connections/index.ts';
import { usage } from '../errors.ts';
import { type Action, act, type Context } from '../invocation.ts';
import { configDirectory, flag, packageRoot } from '../settings/index.ts';

/** `device service`: the agent as a service of the system. Writes files, and starts nothing. */
export function addServiceCommands(device: Command): void {
  const service = device.command('service').description('the agent as a service: systemd, launchd');
  const add = (name: string, description: string, action: Action): void => {
    const command = stateFlag(service.command(name).description(description));
    flag(command, 'device', '--system', 'for the whole machine, under an account of its own');
    act(command, action);
  };
  add('install', 'write the unit, and say how to enable it', install);
  add('uninstall', 'remove the unit that install has written', uninstall);
  add('show', 'print what install would write', show);
}

async function install(context: Context): Promise<void> {
  const { installService, refuseUntrusted } = await room();
  const { plan, node, program } = await planned(context);
  if (plan.scope === 'system') for (const path of [node, program]) await refuseUntrusted(path);
  const done = await installService(plan);
  const { path, enable } = plan;
  context.output.result(
    { path, done, enable },
    [`${done}: ${path}`, 'to start it now and from now on:', ...enable.map((line) => `  ${line}`)].join('\n'),
  );
}

async function uninstall(context: Context): Promise<void> {
  const { uninstallService } = await room();
  const { plan } = await planned(context);
  const { path, manager, disable } = plan;
  const removed = await uninstallService(plan);
  const running = manager === 'launchd' ? `\nif it runs: ${disable.join('; ')}` : '';
  context.output.result({ path, removed }, removed ? `removed: ${path}${running}` : `there is none: ${path}`);
}

async function show(context: Context): Promise<void> {
  const { plan } = await planned(context);
  const { path, text, enable, disable } = plan;
  context.output.result({ path, text, enable, disable }, text.trimEnd());
}

const room = async () => (await import('../../device/index.ts')).serviceRoom();

async function planned(
  context: Context,
): Promise<{ readonly plan: ServicePlan; readonly node: string; readonly program: string }> {
  const { planService, SYSTEM_STATE } = await room();
  const system = context.settings.on('system');
  if (system && context.settings.text('state') !== undefined)
    throw usage(`the service of the whole system keeps its state in ${SYSTEM_STATE}; leave --state out`);
  const node = process.execPath;
  const program = join(packageRoot(), 'bin', 'holdfast.js');
  const plan = planService({
    ...{ platform: process.platform, system, node, program },
    ...{ state: deviceState(context), home: homedir(), config: dirname(configDirectory()) },
  });
  return { plan, node, program };
}
