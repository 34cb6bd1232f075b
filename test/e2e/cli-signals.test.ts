/** Being stopped, and the agent that goes on until it is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { holdfast, spawnHoldfast } from './cli-command.ts';

const directory = await mkdtemp(join(tmpdir(), 'holdfast-cli-signals-'));
after(() => rm(directory, { recursive: true }));

test('Ctrl+C ends a command that waits, with 130 and one line', async () => {
  const silent = createServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const child = spawnHoldfast(['admin', 'user', 'list', '--server', url], {
    env: { HOLDFAST_ADMIN_TOKEN: 'x' },
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [connection] = await once(silent, 'connection');
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  connection.destroy();
  silent.close();
  assert.equal(code, 130, stderr);
  assert.equal(stderr, 'holdfast: interrupted; the same command again goes on from here\n');
});

test('commands go through the agent while it runs; Ctrl+C is its regular end', async () => {
  const state = join(directory, 'device');
  const agent = spawnHoldfast(['device', 'run', '--state', state, '--json']);
  const [said] = await once(agent.stdout!.setEncoding('utf8'), 'data');
  assert.deepEqual(JSON.parse(said.split('\n')[0]), { kind: 'listening', socket: join(state, 'agent.sock') });
  const status = async () =>
    JSON.parse((await holdfast(['device', 'status', '--state', state, '--json'])).stdout);
  assert.equal((await status()).agent, true);
  const second = await holdfast(['device', 'run', '--state', state]);
  assert.equal(second.code, 1, second.stderr);
  agent.kill('SIGINT');
  assert.deepEqual(await once(agent, 'close'), [0, null]);
  assert.equal((await status()).agent, false);
});
