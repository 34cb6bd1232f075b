import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeTree } from '../../world/trees.ts';
import { checkRestored, expectExit, succeeds } from '../check.ts';
import { expect } from '../finding.ts';
import type { Subject } from '../stage.ts';
import { makeData, PARTS } from '../trees.ts';
import type { Scenario } from './scenario.ts';

export const backupFile: Scenario = {
  name: 'file',
  about: 'a backup into a new file; the device dies',
  size: { large: 20_000_000 },
  async run(stage, fault, seed, size) {
    const subject = await stage.subject({ size, seed });
    const { folder, file } = await stick(subject);
    const died = await stage.kill(subject, ['backup', '--to', file], fault, folder);
    expectExit(died);
    // Complete under its name, or usable up to a checkpoint under another, or nothing of use.
    if (existsSync(file)) await checkRestored(subject, { from: file });
    else if (existsSync(`${file}.partial`)) await checkPartial(subject, `${file}.partial`);
    rmSync(join(subject.root, 'into'), { recursive: true, force: true });
    await succeeds(subject, 'backup', '--to', file, '--replace');
    await whole(subject, folder, file);
    await stage.clear(subject);
    return died;
  },
};

export const replacedFile: Scenario = {
  name: 'file-replace',
  about: 'a backup in the place of an older file; the device dies',
  async run(stage, fault, seed, size) {
    const subject = await stage.subject({ size, seed });
    const { folder, file } = await stick(subject);
    await subject.phone.call('backup', { to: file });
    const old = readFileSync(file);
    makeData(join(subject.root, 'data'), size, seed, 1);
    const replace = ['backup', '--to', file, '--replace'];
    const died = await stage.kill(subject, replace, fault, folder);
    expectExit(died);
    expect(existsSync(file), 'loss', () => 'the older file is gone, and no newer one is there');
    if (!readFileSync(file).equals(old)) await checkRestored(subject, { from: file });
    rmSync(join(subject.root, 'into'), { recursive: true, force: true });
    await succeeds(subject, ...replace);
    await whole(subject, folder, file);
    await stage.clear(subject);
    return died;
  },
};

async function stick({ root }: Subject): Promise<{ folder: string; file: string }> {
  const folder = join(root, 'stick');
  await mkdir(folder);
  return { folder, file: join(folder, 'phone.ipd') };
}

async function whole(subject: Subject, folder: string, file: string): Promise<void> {
  await checkRestored(subject, { from: file });
  const { damagedCount } = await subject.phone.call('verify', { from: file });
  expect(damagedCount === 0, 'loss', () => 'the file is damaged');
  const there = readdirSync(folder);
  expect(there.length === 1, 'failure', () => `${there.join(', ')} are there`);
}

/** What it gives is as the device has it, though not all of it (exit 3); or it says that there is no set in it (6). */
async function checkPartial(subject: Subject, partial: string): Promise<void> {
  const { phone, root, data } = subject;
  const into = join(root, 'into');
  const { code, stderr } = await phone.cli(['restore', '--from', partial, '--into', into]);
  expect(code === 0 || code === 3 || code === 6, 'failure', () => `${partial} is exit ${code}: ${stderr}`);
  if (code === 6) return;
  const [all, some] = [describeTree(data.files), describeTree(join(into, PARTS.files.database))];
  for (const [path, is] of some)
    expect(all.get(path) === is || is.startsWith('directory'), 'loss', () => `${path} came back as ${is}`);
}
