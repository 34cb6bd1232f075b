import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Phone } from './act-3-backup.ts';
import { type DemoDevice, enrolDemoDevice, openDemoDevice } from './device.ts';
import type { Stage } from './stage.ts';

/** Another user, a device that was lost, a device that nobody knows: none of them restores anything. */
export async function refuseOthers(stage: Stage, phone: Phone): Promise<void> {
  const { narrator, programs } = stage;
  narrator.act('Everyone else is refused');

  const bob = await enrolDemoDevice(stage, 'bob-phone', 'bob');
  await refused(stage, bob, phone, "a phone of bob, asking for alice's backup");

  const tablet = await enrolDemoDevice(stage, 'alice-tablet', 'alice');
  await programs.admin.revokeDevice(tablet.id);
  narrator.tell("Alice's tablet was enrolled, and is lost: the administrator revokes it.");
  await refused(stage, tablet, phone, 'a revoked tablet of alice');

  const stranger = await openDemoDevice(stage, 'stranger');
  await refused(stage, stranger, phone, 'a device that was never enrolled');
}

async function refused(
  { directory, narrator, programs }: Stage,
  device: DemoDevice,
  phone: Phone,
  who: string,
): Promise<void> {
  const into = join(directory, 'stolen');
  await narrator.expectExit(
    `${who}, is refused`.replace('alice, is', 'alice is').replace('enrolled, is', 'enrolled is'),
    'B14 N10',
    5,
    () => device.call('restore', { from: programs.areaUri, device: phone.id, into }),
  );
  if (await lstat(into).catch(() => undefined))
    narrator.expect(`${who}: nothing is written`, 'B12', false, `${into} is there`);
}
