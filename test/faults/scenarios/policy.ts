import { ALLOW_ALL } from '../../world.ts';
import { checkBackup, expectExit, succeeds } from '../check.ts';
import { expect } from '../finding.ts';
import type { Stage, Subject } from '../stage.ts';
import { makeData } from '../trees.ts';
import type { Scenario } from './scenario.ts';

let days = 10;

/** A policy that no device has yet. */
const nextPolicy = (): { readonly alertAfter: number; readonly policy: Record<string, unknown> } => {
  days++;
  return { alertAfter: days * 86_400_000, policy: { ...ALLOW_ALL, schedule: { alertAfter: `${days}d` } } };
};

export const policyOnDevice: Scenario = {
  name: 'policy',
  about: 'a policy with new keys is accepted; the device dies',
  async run(stage, fault, seed, size) {
    const subject = await prepared(stage, seed, size);
    const before = await held(subject);
    const { alertAfter, policy } = nextPolicy();
    await stage.world.applyPolicies(policy);
    await rotate(stage, subject);
    const died = await stage.kill(subject, ['device', 'refresh'], fault);
    expectExit(died);
    const now = await held(subject);
    expect(now === before || now === alertAfter, 'failure', () => `it holds ${now}, neither old nor new`);
    await finished(stage, subject, alertAfter);
    return died;
  },
};

export const policyOnServer: Scenario = {
  name: 'policy-server',
  about: 'a policy is applied, keys are rotated, devices fetch; the server dies',
  async run(stage, fault, seed, size) {
    const subject = await prepared(stage, seed, size);
    const { world } = stage;
    const { alertAfter, policy } = nextPolicy();
    const died = await stage.killing('server', subject, fault, async () => {
      // Whoever asks may be told of the failure, or get no answer.
      await world.applyPolicies(policy).catch(() => {});
      await rotate(stage, subject).catch(() => {});
      expectExit(await subject.phone.cli(['device', 'refresh']));
      expectExit(await subject.phone.cli(['backup']));
    });
    await auditHolds(stage);
    await world.applyPolicies(policy);
    await rotate(stage, subject);
    await finished(stage, subject, alertAfter);
    return died;
  },
};

async function prepared(stage: Stage, seed: number, size: Parameters<Scenario['run']>[3]): Promise<Subject> {
  const subject = await stage.subject({ size, seed, reader: true });
  await subject.phone.call('backup', {});
  makeData(`${subject.root}/data`, size, seed, 1);
  return subject;
}

const rotate = (stage: Stage, { phone: { user } }: Subject): Promise<unknown> =>
  stage.world.admin.rotateKeys({ use: 'user', user });

/** What the device holds of its policy. */
const held = async ({ phone }: Subject): Promise<number | undefined> =>
  (await phone.call('status', {})).schedule?.alertAfter;

async function finished(stage: Stage, subject: Subject, alertAfter: number): Promise<void> {
  await succeeds(subject, 'device', 'refresh');
  const now = await held(subject);
  expect(now === alertAfter, 'loss', () => `after a refresh it holds ${now} and not ${alertAfter}`);
  const { unsent } = await subject.phone.call('status', {});
  expect(unsent === 0, 'failure', () => `${unsent} reports have not been taken`);
  await checkBackup(stage, subject);
  await stage.clear(subject);
}

/** Each entry holds the hash of the one before; the server checks them when it is asked. */
async function auditHolds({ world: { admin } }: Stage): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined; )
    after = (await admin.audit(after === 0 ? {} : { after })).next;
}
