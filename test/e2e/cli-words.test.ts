/** The real command line: what it says of a device, of what was left out, and of a server that was not there. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';
import { holdfast } from './cli-command.ts';

let it: World;
let phone: WorldDevice;

const policy = {
  ...ALLOW_ALL,
  classify: [{ source: 'folder', path: 'private/**', class: 'personal' }],
  databases: { 'Voice Mail': { backup: 'deny' }, ...ALLOW_ALL.databases },
};

before(async () => {
  it = await world({ users: { alice: { devices: ['phone'] } }, policies: [policy] });
  phone = it.device('alice', 'phone');
  for (const database of ['Files', 'Voice Mail']) {
    const path = it.place('data');
    await mkdir(join(path, 'private'), { recursive: true });
    await writeFile(join(path, 'private', 'one'), '1');
    await phone.call('sourceAdd', { database, kind: 'folder', path, label: database });
  }
});
after(() => it?.[Symbol.asyncDispose]());

test('status: the name of the user and when the policy was issued; ids and sequences when asked', async () => {
  const { user, policy } = await phone.call('status', {});
  const short = (await phone.cli(['device', 'status'])).stdout;
  assert.match(short, /^user +alice$/m);
  assert.match(short, /^policy +of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, valid until \d{4}-/m);
  assert.ok(!short.includes(String(policy?.seq)));
  const long = (await phone.cli(['device', 'status', '--verbose'])).stdout;
  assert.match(long, new RegExp(`^user +alice \\(${user}\\)$`, 'm'));
  assert.match(long, new RegExp(`^policy +of .*, sequence ${policy?.seq}$`, 'm'));
});

test('what is left out says of which class it is: no line is there twice', async () => {
  const { code, stdout } = await phone.cli(['backup']);
  assert.equal(code, 0);
  const left = stdout
    .split('\n')
    .filter((line) => line.startsWith('left out: '))
    .sort();
  assert.equal(left.length, 2);
  for (const [n, itemClass] of ['enterprise', 'personal'].entries())
    assert.match(left[n]!, new RegExp(`^left out: Voice Mail \\(${itemClass}\\): policy everyone `));
});

test('verify --structure claims no more than it has looked at', async () => {
  const { code, stdout } = await phone.cli(['verify', '--structure']);
  assert.equal(code, 0);
  assert.match(stdout, /: \d segments?; not older than/);
  assert.match(stdout, /\nsignatures and hashes are as they were stored; no item was opened\n$/);
  assert.doesNotMatch(stdout, /\bitems\b|everything/);
});

test('push says that not every device is reached now', async () => {
  const { stdout } = await holdfast(['admin', 'policy', 'push'], {
    env: { HOLDFAST_ADMIN_SERVER: it.server.url, HOLDFAST_ADMIN_TOKEN_FILE: it.tokenFile },
  });
  const expected = 'who is connected gets it now, who is not with the next request';
  assert.equal(stdout, `a new message for 1 device: ${expected}\n`);
});

test('a parameter that makes no sense is named in our words', async () => {
  const { code, stderr } = await phone.cli(['backup', '--to', '']);
  assert.deepEqual([code, stderr], [2, 'holdfast: backup: to: must not be empty\n']);
});

test('a backup without the server says once that it is told later', async () => {
  await it.server.stop();
  await writeFile(join((await phone.call('sourceList', {})).sources[0]!.path, 'two'), '2');
  const { code, stdout, stderr } = await phone.cli(['backup']);
  assert.equal(code, 0);
  assert.equal(`${stdout}${stderr}`.match(/told later/g)?.length, 1, stdout + stderr);
});
