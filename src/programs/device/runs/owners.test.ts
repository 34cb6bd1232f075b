import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { OperationContext } from '../context.ts';
import { Home } from '../home/index.ts';
import { warnOfOwner } from './owners.ts';

const scratch = await mkdtemp(join(tmpdir(), 'holdfast-owners-'));
after(() => rm(scratch, { recursive: true }));

/** What is said of a restore to this path by root, or by another account. */
async function said(path: string, uid = 0): Promise<string> {
  const notices: string[] = [];
  const context: OperationContext = {
    ...{ home: new Home(scratch), clock: Date.now, agent: undefined, signal: new AbortController().signal },
    emit: (event) => void (event.kind === 'notice' && notices.push(`${event.code} ${event.message}`)),
  };
  await warnOfOwner(context, path, uid);
  return notices.join('\n');
}

test('root is told when somebody else could lead its restore elsewhere', async () => {
  const place = join(scratch, 'home', 'files');
  await mkdir(place, { recursive: true });
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    assert.equal(await said(join(place, 'not', 'there', 'yet')), '');
    await chown(join(scratch, 'home'), 4321, 4321);
  }
  assert.match(
    await said(join(place, 'not', 'there', 'yet')),
    /^RESTORE_AS_ROOT .* belongs to the account \d+/,
  );
  if (isRoot) await chown(join(scratch, 'home'), 0, 0);
  await chmod(join(scratch, 'home'), 0o777);
  assert.match(await said(join(scratch, 'home')), /can be written to by others|belongs to/);
});

test('nobody else is: they can do no more than their account', async () => {
  assert.equal(await said(scratch, 4321), '');
});
