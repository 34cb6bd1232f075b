/** Sources that an application works on while they are read: what is stored is what was there, whole (U6). */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Ended, holdfast } from '../e2e/cli-command.ts';
import { seeded } from '../world/data.ts';
import { resultOf } from '../world/device.ts';
import { type World, type WorldDevice, world } from '../world.ts';

let it: World;
let phone: WorldDevice;
let reader: WorldDevice;
let home: string;
let mail: string;

before(async () => {
  it = await world({ users: { alice: { devices: ['phone', 'reader'] } } });
  phone = it.device('alice', 'phone');
  reader = it.device('alice', 'reader');
  home = it.place('home');
  mail = join(home, 'mail.mbox');
  await mkdir(home);
  const random = seeded(8);
  for (let i = 0; i < 10; i++) await writeFile(join(home, `still ${i}`), random(100_000));
  for (const name of ['log', 'short log', 'truncated']) await writeFile(join(home, name), '');
  await writeFile(mail, 'From a@example.org Thu Jan  1 00:00:00 2026\nSubject: 0\n\nfirst\n\n');
  await phone.call('sourceAdd', { database: 'Files', kind: 'folder', path: home, exclude: ['/mail.mbox'] });
  await phone.call('sourceAdd', { database: 'Messages', kind: 'mbox', path: mail });
});
after(() => it?.[Symbol.asyncDispose]());

async function backup(): Promise<Ended> {
  return holdfast(['backup', '--json', '--state', phone.state]);
}

async function restored(set?: string): Promise<{ files: string; messages: Buffer }> {
  const into = it.place('into');
  await reader.call('restore', { device: phone.id, into, ...(set && { set }) });
  const [box] = await readdir(join(into, 'Messages'));
  return {
    files: join(into, 'Files'),
    messages: await readFile(join(into, 'Messages', box!)),
  };
}

const isStart = (of: Buffer, part: Buffer): boolean => of.subarray(0, part.length).equals(part);

test('replaced, truncated, growing and removed while they are read: each file is one version of it, or left out and named', async () => {
  await phone.call('backup', {});
  const writer = fork(join(import.meta.dirname, 'busy-writer.ts'), [home, '5']);
  const sets: string[] = [];
  let leftOut = 0;
  try {
    await once(writer, 'message');
    for (let i = 0; i < 4 || (leftOut === 0 && i < 30); i++) {
      const ended = await backup();
      assert.ok(ended.code === 0 || ended.code === 3, `${ended.code}: ${ended.stderr}`);
      const result = resultOf('backup', ended);
      sets.push(result.set!.set);
      assert.equal(result.complete, ended.code === 0);
      leftOut += result.leftOutCount;
      for (const { item, reason, code } of result.leftOut) {
        assert.match(code, /^ERR_SOURCE_(ITEM_CHANGED|ITEM_UNREADABLE|UNAVAILABLE)$/, reason);
        assert.doesNotMatch(item ?? '', /still/);
      }
    }
  } finally {
    const gone = once(writer, 'exit');
    writer.send('stop');
    await gone;
  }
  assert.ok(leftOut > 0, 'nothing changed while it was read: this showed nothing');

  const [log, short] = [await readFile(join(home, 'log')), await readFile(join(home, 'short log'))];
  const box = await readFile(mail);
  for (const set of sets) {
    const { files, messages } = await restored(set);
    for (const name of await readdir(files)) {
      const bytes = await readFile(join(files, name));
      if (name.startsWith('still')) assert.deepEqual(bytes, await readFile(join(home, name)));
      else if (name === 'log') assert.ok(isStart(log, bytes), `${name} of ${set}`);
      else if (name === 'short log') assert.ok(isStart(short, bytes), `${name} of ${set}`);
      else {
        const versions = new Set(bytes.toString().trim().split(' ').slice(0, -1));
        assert.ok(versions.size <= 1, `${name} of ${set} is a mixture of ${[...versions]}`);
      }
    }
    assert.equal((await readdir(files)).filter((name) => name.startsWith('still')).length, 10);
    assert.ok(isStart(box, messages), `the mailbox of ${set} is none that was there`);
    assert.deepEqual((await reader.call('verify', { device: phone.id, set })).damaged, []);
  }

  // Quiet again: all of it, as it is.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const last = await backup();
  assert.equal(last.code, 0, last.stderr);
  const { files, messages } = await restored();
  assert.deepEqual(messages, box);
  const names = (await readdir(home)).filter((name) => name !== 'mail.mbox').sort();
  assert.deepEqual((await readdir(files)).sort(), names);
  for (const name of names)
    assert.deepEqual(await readFile(join(files, name)), await readFile(join(home, name)), name);
});
