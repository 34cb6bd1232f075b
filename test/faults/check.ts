/** What has to hold once the fault is over and everything was run again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resultOf } from '../world/device.ts';
import { describeTree } from '../world/trees.ts';
import { expect, once } from './finding.ts';
import type { Stage, Subject } from './stage.ts';
import { checkStored, incoming } from './stored.ts';
import { type Data, FILES, leftovers, letters, PARTS } from './trees.ts';

/** Exit codes that docs/architecture.md knows. */
const EXITS: readonly (number | null)[] = [0, 1, 2, 3, 4, 5, 6, 130];

export function expectExit({
  code,
  signal,
  stderr,
}: {
  code: number | null;
  signal?: unknown;
  stderr: string;
}): void {
  expect(signal === 'SIGKILL' || EXITS.includes(code), 'failure', () => `exit ${code}: ${stderr}`);
}

/** Runs a command of the phone that has to succeed. */
export async function succeeds({ phone }: Subject, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await phone.cli(args);
  expect(code === 0, 'failure', () => `${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** The next backup goes through, and all of it comes back on another device. */
export async function checkBackup(stage: Stage, subject: Subject): Promise<void> {
  const { code, stdout, stderr } = await subject.phone.cli(['backup', '--json']);
  expect(code === 0, 'failure', () => `the next backup ended with ${code}: ${stderr}`);
  resultOf('backup', { code, stdout, stderr });
  await checkSet(stage, subject);
}

/** The newest set is whole, is what the device has, and is there once. */
export async function checkSet({ world }: Stage, subject: Subject): Promise<void> {
  const { phone, reader } = subject;
  const device = phone.id;
  checkStored(world.objects, device, false);
  const { damaged } = await reader.call('verify', { device });
  expect(damaged.length === 0, 'loss', () => `damaged: ${JSON.stringify(damaged[0])}`);
  await reader.call('ls', { device });
  const entries = reader.events.filter((event) => event.kind === 'entry');
  once(
    entries.map(({ database, label, uid }) => `${database} ${label} ${uid}`),
    'the item',
  );
  await checkRestored(subject, { device });
  // What no manifest names is gone with the next pruning.
  await phone.call('prune', { last: 100 });
  checkStored(world.objects, device, true);
  expect(
    incoming(world.storage.state).length === 0,
    'failure',
    () => 'something is still on its way into the area',
  );
  const again = await phone.call('backup', {});
  expect(
    again.complete && again.stored === 0,
    'double',
    () => `the next backup stored ${again.stored} bytes`,
  );
}

/** A restore elsewhere gives exactly what the device has. */
export async function checkRestored(
  { root, data, reader }: Subject,
  from: { readonly device: string } | { readonly from: string },
): Promise<void> {
  const into = join(root, 'into');
  const { complete, leftOut } = await reader.call('restore', { ...from, into });
  expect(complete, 'loss', () => `not restored: ${JSON.stringify(leftOut[0])}`);
  sameTree(describeTree(data.files), describeTree(join(into, PARTS.files.database)), 'loss');
  sameTree(letters(data.post), letters(join(into, PARTS.post.database)), 'loss');
  for (const part of FILES) sameFile(data[part], join(into, PARTS[part].database), part);
  const left = leftovers(into);
  expect(left.length === 0, 'failure', () => `a restore left ${left.join(', ')}`);
}

function sameFile(expected: string, folder: string, what: keyof Data): void {
  const name = expected.slice(expected.lastIndexOf('/') + 1);
  const same = readFileSync(expected).equals(readFileSync(join(folder, name)));
  expect(same, 'loss', () => `${what} did not come back as they were`);
}

export function sameTree(
  expected: ReadonlyMap<string, string>,
  actual: ReadonlyMap<string, string>,
  kind: 'loss' | 'failure',
): void {
  for (const [path, is] of expected)
    expect(actual.get(path) === is, kind, () => `${path} is ${actual.get(path) ?? 'missing'}, not ${is}`);
  for (const path of actual.keys())
    expect(expected.has(path), 'double', () => `${path} is there and should not be`);
}
