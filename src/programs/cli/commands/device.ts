import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DatabaseRow, StatusResult } from '../../../api/device/index.ts';
import { deviceState, stateFlag, withDevice } from '../connections/index.ts';
import { CliError, reason, usage } from '../errors.ts';
import { act, type Context } from '../invocation.ts';
import { dateTime, type Output } from '../output/index.ts';
import { flag } from '../settings/index.ts';
import { stopped } from '../signals.ts';
import { describeBackups } from './backup-state.ts';
import { addDeviceEndCommand } from './device-end.ts';
import { addServiceCommands } from './device-service.ts';
import { addConsentCommand } from './own-keys.ts';
import { addOwnerCommands } from './owner.ts';

type PolicyState = NonNullable<StatusResult['policy']>;

/** `device`: the terminal itself, its enrolment and its agent. */
export function addDeviceCommands(program: Command): void {
  const device = program.command('device').description('enrol this device, see how it stands, run its agent');

  const enrol = device.command('enrol').description('become a device of a user at an enterprise server');
  stateFlag(enrol);
  flag(
    enrol,
    'device',
    '--code-file <FILE>',
    'file with the enrolment code (or HOLDFAST_DEVICE_CODE, or a prompt)',
  );
  act(enrol, enrolDevice);

  act(stateFlag(device.command('status').description('who this device is and how it stands')), (context) =>
    withDevice(context, async (call) => {
      const status = await call('status', {});
      context.output.result(status, () => describeStatus(status, context.output.options.verbose));
    }),
  );
  act(
    stateFlag(
      device.command('databases').description('what the policy makes available, and who can open it'),
    ),
    (context) =>
      withDevice(context, async (call) => {
        const result = await call('databases', {});
        context.output.result(result, () => describeDatabases(context.output, result.databases));
      }),
  );
  act(
    stateFlag(device.command('refresh').description('fetch the newest policy, send what waits')),
    (context) =>
      withDevice(context, async (call) => {
        const result = await call('refresh', {});
        const unsent = result.unsent > 0 ? `; ${result.unsent} reports are still waiting` : '';
        const changed = result.changed ? 'new' : 'unchanged';
        context.output.result(result, `${changed}: policy ${describePolicy(result.policy)}${unsent}`);
      }),
  );
  act(
    stateFlag(
      device.command('run').description('run the agent: back up by schedule, hold the policy stream'),
    ),
    run,
  );
  addOwnerCommands(device);
  addDeviceEndCommand(device);
  addConsentCommand(device);
  addServiceCommands(device);
}

async function enrolDevice(context: Context): Promise<void> {
  const code = await enrolmentCode(context);
  await withDevice(context, async (call) => {
    const result = await call('enrol', { code });
    context.output.result(
      result,
      `enrolled as device ${result.device} of user ${result.userName} at ${result.server}\n` +
        `policy ${describePolicy(result.policy)}`,
    );
    if (result.confirm !== undefined)
      context.output.say(`keys come once the administrator confirms this code: ${result.confirm}`);
  });
}

/** The code holds a secret: from a file, the environment or a prompt, never from the command line. */
async function enrolmentCode({ settings, output }: Context): Promise<string> {
  const file = settings.text('code-file');
  if (file !== undefined) {
    const text = await readFile(resolve(file), 'utf8').catch((cause: unknown) => {
      throw usage(`--code-file ${file}: cannot be read: ${reason(cause)}`, { cause });
    });
    if (text.trim() === '') throw usage(`--code-file ${file}: there is nothing in it`);
    return text.trim();
  }
  const code = settings.secret('HOLDFAST_DEVICE_CODE');
  if (code !== undefined) return code.trim();
  if (!process.stdin.isTTY || output.options.json)
    return settings.required('code-file', 'HOLDFAST_DEVICE_CODE');
  const { isCancel, password } = await import('@clack/prompts');
  const typed = await password({ message: 'Enrolment code', output: process.stderr });
  if (isCancel(typed) || typed === undefined) throw usage('no enrolment code was given');
  return typed.trim();
}

async function run(context: Context): Promise<void> {
  const { output, signal } = context;
  const { start } = await import('../../device/index.ts');
  const agent = await start({
    state: deviceState(context),
    log: ({ code, message }) => output.notice(code, message),
  });
  output.entry({ kind: 'listening', socket: agent.socket }, `agent listens at ${agent.socket}`);
  try {
    await Promise.race([stopped(signal), agent.closed]);
  } finally {
    await agent.close();
  }
  if (agent.interrupted())
    throw new CliError('ERR_INTERRUPTED', 'a backup was interrupted; the next agent goes on with it');
}

/** A policy message is known by when it was issued; its sequence is for machines. */
function describePolicy({ issued, expires, expired, whenStale }: PolicyState): string {
  const until = `${expired ? 'expired at' : 'valid until'} ${dateTime(expires)}`;
  const stale = expired ? `, ${whenStale === 'block' ? 'nothing runs' : 'runs go on'}` : '';
  return `of ${dateTime(issued)}, ${until}${stale}`;
}

function describeStatus(status: StatusResult, verbose: boolean): string {
  const { policy, lastBackup } = status;
  const lines: [string, string][] = [
    [
      'enrolment',
      {
        none: 'not enrolled',
        enrolled: 'enrolled',
        ended: 'ended by the server',
        owned: "a person's, no server",
      }[status.enrolment],
    ],
  ];
  if (status.device) lines.push(['device', status.device]);
  const { user, userName } = status;
  if (user && status.enrolment === 'owned') lines.push(['owner', user]);
  else if (user) lines.push(['user', verbose ? `${userName} (${user})` : (userName ?? user)]);
  if (status.server) lines.push(['server', status.server]);
  if (policy) lines.push(['policy', describePolicy(policy) + (verbose ? `, sequence ${policy.seq}` : '')]);
  for (const destination of status.destinations) lines.push(['destination', destination]);
  lines.push(['sources', String(status.sources)]);
  lines.push([
    'last backup',
    lastBackup
      ? `${dateTime(lastBackup.time)}, set ${lastBackup.set} (number ${lastBackup.counter})`
      : 'none',
  ]);
  lines.push(...describeBackups(status));
  if (status.unsent > 0) lines.push(['waiting', `${status.unsent} reports for the server`]);
  lines.push(['protection', status.protection]);
  lines.push(['agent', status.agent ? 'running' : 'not running']);
  lines.push(['version', status.version]);
  return lines.map(([name, value]) => `${name.padEnd(12)} ${value}`).join('\n');
}

function describeDatabases(output: Output, rows: readonly DatabaseRow[]): string {
  return output.table(
    [
      { title: 'DATABASE' },
      { title: 'CLASS' },
      { title: 'STATE' },
      { title: 'DECIDED BY' },
      { title: 'KEY' },
      { title: 'OPENED BY' },
      { title: 'SHARE' },
      { title: 'SOURCES' },
    ],
    rows.map((row) => [
      row.database === '*' ? '* (all others)' : row.database,
      row.class,
      row.available ? 'available' : 'locked',
      row.policy,
      row.available ? row.encrypt : '-',
      row.available ? row.openedBy.join(', ') : '-',
      row.available ? row.share : '-',
      row.sources.join(', ') || '-',
    ]),
  );
}
