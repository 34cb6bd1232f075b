import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { refuseForeignSocket } from './index.ts';

const scratch = await mkdtemp(join(tmpdir(), 'holdfast-trust-'));
const me = process.getuid!();
after(() => rm(scratch, { recursive: true }));

async function served(name: string): Promise<string> {
  const path = join(scratch, name, 'agent.sock');
  await mkdir(join(scratch, name), { mode: 0o700 });
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  after(() => server.close());
  return path;
}

const refused = (message: RegExp) => ({ code: 'ERR_STATE_DIRECTORY', kind: 'usage', message });

test('one of our own, and none at all', async () => {
  await refuseForeignSocket(await served('own'));
  await refuseForeignSocket(join(scratch, 'none', 'agent.sock'));
});

test('of another account: refused', async () => {
  const path = await served('other');
  // Whoever made it here is the other one to them.
  if (me !== 0) await assert.rejects(refuseForeignSocket(path, me + 1), refused(/another account/));
  else {
    await chown(path, 4321, 4321);
    await assert.rejects(
      refuseForeignSocket(path),
      refused(/agent\.sock belongs to another account \(4321\)/),
    );
    await assert.rejects(refuseForeignSocket(path, 1234), refused(/\(4321\)/));
    await refuseForeignSocket(path, 4321);
    // A socket of one's own in a directory of somebody else is what they make of it.
    await chown(join(scratch, 'other'), 4322, 4322);
    await assert.rejects(
      refuseForeignSocket(path, 4321),
      refused(/other belongs to another account \(4322\)/),
    );
    // An account of the system: root may talk to its agent, nobody else.
    for (const one of [path, join(scratch, 'other')]) await chown(one, 432, 432);
    await refuseForeignSocket(path, 0);
    await assert.rejects(refuseForeignSocket(path, 4321), refused(/\(432\)/));
  }
});

test('where others could put another one in its place: refused', async () => {
  const path = await served('open');
  for (const mode of [0o770, 0o702, 0o1777]) {
    await chmod(join(scratch, 'open'), mode);
    await assert.rejects(refuseForeignSocket(path), refused(/can be written to by others/));
  }
  await chmod(join(scratch, 'open'), 0o755);
  await refuseForeignSocket(path);
  await symlink(join(scratch, 'open'), join(scratch, 'link'));
  await refuseForeignSocket(join(scratch, 'link', 'agent.sock'));
});

test('what is no socket: refused', async () => {
  await mkdir(join(scratch, 'file'), { mode: 0o700 });
  await writeFile(join(scratch, 'file', 'agent.sock'), '');
  await assert.rejects(refuseForeignSocket(join(scratch, 'file', 'agent.sock')), refused(/is no socket/));
});
