/** `device service` by the real command line: what is shown is what is written, for this Node and this program. */
import assert from 'node:assert/strict';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { holdfast } from './cli-command.ts';

const config = await mkdtemp(join(tmpdir(), 'holdfast-cli-service-'));
after(() => rm(config, { recursive: true }));
const env = { HOME: config, XDG_CONFIG_HOME: config };
const service = (...words: string[]) => holdfast(['device', 'service', ...words], { env });

test('show, install, install again, uninstall; somebody else’s file stays', async (t) => {
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    const refused = await service('show');
    assert.equal(refused.code, 2);
    return t.diagnostic(`no service is written on ${process.platform}`);
  }
  const shown = JSON.parse((await service('show', '--state', '/x/phone', '--json')).stdout);
  for (const word of [process.execPath, '/bin/holdfast.js', '/x/phone'])
    assert.ok(shown.text.includes(word), word);
  await assert.rejects(access(shown.path));

  const installed = await service('install', '--state', '/x/phone');
  assert.equal(installed.code, 0, installed.stderr);
  assert.ok(installed.stdout.includes(shown.path) && installed.stdout.includes(shown.enable[0]));
  assert.equal(await readFile(shown.path, 'utf8'), shown.text);
  assert.match((await service('install', '--state', '/x/phone')).stdout, /^unchanged: /);

  await writeFile(shown.path, 'mine');
  const refused = await service('install');
  assert.deepEqual([refused.code, await readFile(shown.path, 'utf8')], [2, 'mine']);
  await writeFile(shown.path, shown.text);
  assert.equal((await service('uninstall')).code, 0);
  await assert.rejects(access(shown.path));

  const system = await service('show', '--system', '--state', '/x/phone');
  assert.equal(system.code, 2);
});
