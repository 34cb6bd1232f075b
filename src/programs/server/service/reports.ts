import type { ReportAnswer } from '../../../api/server/index.ts';
import {
  type HeldSections,
  MessageError,
  openReport,
  type ReportBody,
  sectionNames,
} from '../../../policy/message/index.ts';
import { ServerError } from '../errors.ts';
import {
  acknowledgeCommand,
  type DeviceRow,
  devicesOf,
  messageOf,
  outdateMessage,
  putSection,
  sectionsOf,
  type Tx,
  updateDevice,
} from '../store/index.ts';
import { record, recordOfDevice } from './audit.ts';
import type { Context } from './context.ts';
import { eraseAgain } from './erase-keys.ts';
import { endFailure, noteFailure } from './failures.ts';
import { mustDevice, signingKeyOf } from './lookup.ts';
import { keysFor } from './policy-keys.ts';
import { policiesInForce, rulesOf } from './rules.ts';
import { keepHead } from './trust.ts';

/**
 * Takes a report of a device: an acknowledgement, a failure, a head, the names of its databases, or an event (B2, B15). What it says and the key for the
 * next message are kept in one transaction.
 *
 * @throws ServerError `ERR_REPORT_REFUSED`, `ERR_HEAD_CONFLICT`
 */
export function takeReport(ctx: Context, deviceId: string, sealed: string): Promise<ReportAnswer> {
  return ctx.serial(`device:${deviceId}`, async () => {
    const device = await mustDevice(ctx.db, deviceId);
    const message = await messageOf(ctx.db, deviceId);
    const { report, newest, order } = await openReport(sealed, {
      server: ctx.identity.id,
      receiveKey: ctx.identity.receiveKey,
      device: deviceId,
      signingKey: signingKeyOf(device),
      number: device.report_number,
      acknowledged: device.acknowledged,
      sent: message?.seq ?? 0,
    }).catch((cause: unknown) => {
      if (cause instanceof MessageError)
        throw new ServerError('ERR_REPORT_REFUSED', cause.message, { cause });
      throw cause;
    });
    const taken = await ctx.together.run(async (tx) => {
      const now = ctx.clock();
      await updateDevice(tx, deviceId, {
        last_seen: now,
        ...(newest ? { report_number: report.number, message_key: JSON.stringify(report.messageKey) } : {}),
      });
      return { order: order === 'new' ? await keep(ctx, tx, device, report, now) : order };
    });
    if (report.kind === 'databases' && taken.order === 'new') await serveDatabases(ctx, device);
    return taken;
  });
}

async function keep(
  ctx: Context,
  tx: Tx,
  device: DeviceRow,
  report: ReportBody,
  now: number,
): Promise<ReportAnswer['order']> {
  const actor = `device:${device.id}`;
  switch (report.kind) {
    case 'acknowledgement': {
      const message = await messageOf(tx, device.id);
      if (message?.seq === report.seq && message.hash !== report.message) {
        throw new ServerError(
          'ERR_REPORT_REFUSED',
          `the device accepted another message ${report.seq} than this server sent: someone else has its root`,
        );
      }
      await endFailure(ctx, tx, device);
      await updateDevice(tx, device.id, {
        ...{ acknowledged: report.seq, acknowledged_at: now, failure: null },
        held: JSON.stringify(report.sections),
      });
      for (const { id, result } of report.commands) {
        if (await acknowledgeCommand(tx, device.id, id, now, result)) {
          const detail = { device: device.id, result };
          await record(ctx, tx, { actor, action: 'command.acknowledge', subject: id, detail });
        }
      }
      await eraseAgain(ctx, tx, device.id, report.keys);
      return 'new';
    }
    case 'failure': {
      await updateDevice(tx, device.id, { held: JSON.stringify(report.sections) });
      await noteFailure(ctx, tx, device, report, now);
      await catchUp(tx, device.id, report.sections);
      return 'new';
    }
    case 'head':
      if (device.state !== 'active') throw notActive(device);
      return keepHead(tx, device, report, now);
    case 'event': {
      const { id, event: action, set: subject, chain, counter, count, time } = report;
      const detail = { id, device: device.id, chain, counter, count, time };
      await recordOfDevice(ctx, tx, device.id, { action, subject, detail });
      return 'new';
    }
    case 'databases': {
      if (device.state === 'ended') throw notActive(device);
      const names = [...new Set(report.names)].sort();
      await updateDevice(tx, device.id, { databases: JSON.stringify(names) });
      return 'new';
    }
  }
}

const notActive = ({ id, state }: DeviceRow) =>
  new ServerError('ERR_NOT_AUTHORISED', `the device ${id} is ${state}`);

/** Makes keys for databases that no policy mentions by name; the user's other devices are to open them too. */
async function serveDatabases(ctx: Context, { id, user_id }: DeviceRow): Promise<void> {
  const device = await mustDevice(ctx.db, id);
  if (device.state !== 'active') return;
  const { rules, databases } = await rulesOf(ctx.db, device, await policiesInForce(ctx));
  await keysFor(ctx, device, rules, databases);
  ctx.wake((await devicesOf(ctx.db, user_id)).map((other) => other.id));
}

/**
 * After a failure the next message is made anew, with every section that the device does not hold. Where the
 * device holds a later version (this server was set back), counting goes on from there.
 */
async function catchUp(tx: Tx, deviceId: string, held: HeldSections): Promise<void> {
  const own = new Map((await sectionsOf(tx, deviceId)).map((row) => [row.name, row.version]));
  for (const name of sectionNames) {
    const section = held[name];
    if (section !== undefined && section.version > (own.get(name) ?? 0)) {
      await putSection(tx, { device_id: deviceId, name, version: section.version, hash: section.hash });
    }
  }
  await outdateMessage(tx, deviceId);
}
