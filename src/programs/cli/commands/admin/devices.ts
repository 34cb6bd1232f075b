import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Device } from '../../../../api/server/index.ts';
import { dateTime } from '../../output/index.ts';
import { flag } from '../../settings/index.ts';
import { parseDuration } from '../amounts.ts';
import { on } from './on.ts';
import { writeOut } from './write-out.ts';

/** `admin device` (B1, B14). */
export function addDeviceAdmin(admin: Command): void {
  const device = admin.command('device').description('devices, and the codes by which they enrol');

  const code = on(
    device,
    'code <USER>',
    'make a one-time enrolment code',
    async (client, { args, settings, output }) => {
      const expires = settings.text('expires');
      const made = await client.makeCode({
        user: args[0] ?? '',
        classes: [...settings.list('class')],
        confirm: settings.on('confirm'),
        ...(expires === undefined ? {} : { expiresIn: parseDuration('--expires', expires) }),
      });
      const out = settings.text('out');
      if (out === undefined) return output.result(made, made.code);
      await writeOut(out, [`${made.code}\n`]);
      const { code: _, ...rest } = made;
      output.result(
        { ...rest, file: resolve(out) },
        `code for ${made.user} in ${out}, good until ${dateTime(made.expires)}`,
      );
    },
  );
  flag(code, 'admin', '--out <FILE>', 'write the code there (mode 0600), and do not print it');
  flag(
    code,
    'admin',
    '--class <NAME>…',
    'a class of devices that policies may name, such as byod; may be repeated',
  );
  flag(code, 'admin', '--confirm', 'no keys until the code that the device shows is confirmed');
  flag(code, 'admin', '--expires <TIME>', 'how long the code is good, such as 15m or 7d; default: 24h');

  on(device, 'codes', 'all enrolment codes, and what became of them', async (client, { output }) => {
    const columns = [
      { title: 'CODE' },
      { title: 'USER' },
      { title: 'STATE' },
      { title: 'GOOD UNTIL' },
      { title: 'CLASSES' },
      { title: 'DEVICE' },
    ];
    output.list(await client.codes(), columns, (row) => [
      row.id,
      row.user,
      row.state,
      dateTime(row.expires),
      row.classes.join(', ') || '-',
      row.device ?? '-',
    ]);
  });

  on(
    device,
    'withdraw <CODE>',
    'end an enrolment code that was not used, by its id as codes lists it',
    async (client, { args, output }) => {
      const [id = ''] = args;
      await client.withdrawCode(id);
      output.result({ withdrawn: id }, `code ${id} is good no longer`);
    },
  );

  on(device, 'list', 'all devices', async (client, { output }) => {
    const columns = [
      { title: 'DEVICE' },
      { title: 'USER' },
      { title: 'STATE' },
      { title: 'STANDING' },
      { title: 'POLICY' },
      { title: 'LAST SEEN' },
      { title: 'LAST BACKUP' },
      { title: 'NAME' },
    ];
    output.list(await client.devices(), columns, (row) => [
      row.id,
      row.user,
      row.connected ? `${row.state}, connected` : row.state,
      standing(row),
      policyState(row),
      dateTime(row.lastSeen),
      dateTime(row.lastBackup ?? 0),
      row.name,
    ]);
  });

  on(
    device,
    'confirm <ID> <CODE>',
    'let a device have its keys, by the code that it shows',
    async (client, { args, output }) => {
      const confirmed = await client.confirmDevice(args[0] ?? '', args[1] ?? '');
      output.result(confirmed, `device ${confirmed.id} of ${confirmed.user} is ${confirmed.state}`);
    },
  );

  on(
    device,
    'revoke <ID>',
    'end a device: no keys, no restore, no storage',
    async (client, { args, output }) => {
      const ended = await client.revokeDevice(args[0] ?? '');
      output.result(ended, `device ${ended.id} of ${ended.user} has ended`);
    },
  );
}

/** What an administrator has to see to first. */
function standing({ state, silentSince, policyPending }: Device): string {
  if (state !== 'active') return '-';
  if (silentSince !== undefined) return `silent since ${dateTime(silentSince)}`;
  return policyPending ? 'policy pending' : 'current';
}

function policyState(device: Device): string {
  if (device.failure) return `failed: ${device.failure.code}`;
  if (device.sent === 0) return 'none sent';
  return device.policyPending ? 'waiting' : 'accepted';
}
