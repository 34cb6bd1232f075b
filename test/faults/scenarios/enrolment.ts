import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBackup, expectExit, succeeds } from '../check.ts';
import { expect } from '../finding.ts';
import type { Stage, Subject } from '../stage.ts';
import type { DataSize } from '../trees.ts';
import type { Scenario } from './scenario.ts';

export const enrolOnDevice: Scenario = {
  name: 'enrol',
  about: 'a device enrols; it dies',
  async run(stage, fault, seed, size) {
    const { subject, enrol } = await unenrolled(stage, seed, size);
    const died = await stage.kill(subject, enrol, fault);
    expectExit(died);
    await finished(stage, subject, enrol);
    return died;
  },
};

export const enrolOnServer: Scenario = {
  name: 'enrol-server',
  about: 'a device enrols; the server dies',
  async run(stage, fault, seed, size) {
    const { subject, enrol } = await unenrolled(stage, seed, size);
    const died = await stage.killing('server', subject, fault, async () => {
      expectExit(await subject.phone.cli(enrol));
    });
    await finished(stage, subject, enrol);
    return died;
  },
};

/** A device with a code, which its user has not used yet. */
async function unenrolled(
  stage: Stage,
  seed: number,
  size: DataSize,
): Promise<{ subject: Subject; enrol: string[] }> {
  const subject = await stage.subject({ size, seed, reader: true, enrolled: false });
  const { code } = await stage.world.admin.makeCode({ user: subject.phone.user });
  const file = join(subject.root, 'code');
  writeFileSync(file, code, { mode: 0o600 });
  return { subject, enrol: ['device', 'enrol', '--code-file', file] };
}

/** The same code leads to the same device, however far the first try came; and it is there once. */
async function finished(stage: Stage, subject: Subject, enrol: readonly string[]): Promise<void> {
  const { phone, reader } = subject;
  if (!(await phone.enrolled())) await succeeds(subject, ...enrol);
  expect(await phone.enrolled(), 'failure', () => 'it is not enrolled');
  await succeeds(subject, 'device', 'refresh');
  const { unsent } = await phone.call('status', {});
  expect(unsent === 0, 'failure', () => `${unsent} reports have not been taken`);
  const devices = await stage.world.admin.devices();
  const known = devices.flatMap(({ id, user }) => (user === phone.user ? [id] : [])).sort();
  expect(
    known.join() === [phone.id, reader.id].sort().join(),
    'double',
    () => `the server knows ${known.join(', ')}`,
  );
  await stage.addSources(subject);
  await checkBackup(stage, subject);
  await stage.clear(subject);
}
