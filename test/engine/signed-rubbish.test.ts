/** What a device of the user signed and is no manifest: integrity, under one code, and nothing is restored. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { utf8 } from '../../src/lib/bytes.ts';
import { MANIFEST_TYP, manifestName } from '../../src/set/index.ts';
import { makeTree } from './trees.ts';
import { engineWorld, TestUser } from './world.ts';

test('a signed payload that is no manifest is refused as one, whatever a parser makes of it', async () => {
  await using world = await engineWorld();
  const from = join(world.directory, 'from');
  await mkdir(from);
  await makeTree(from, { a: '1' });
  const payloads = [
    'no JSON',
    '{"v":1',
    '[]',
    '{"v":2}',
    '{"v":1,"kind":"backup"}',
    new Uint8Array([0xff, 0xfe]),
  ];
  for (const payload of payloads) {
    const device = await world.device(new TestUser());
    const { set } = await device.backup(from);
    const { chain } = set!;
    const { destination, keys } = await device.engine();
    const bytes = typeof payload === 'string' ? utf8(payload) : payload;
    const name = manifestName({ device: device.id, chain }, 2, `${'x'.repeat(21)}A`);
    await destination.putObject(name, 'manifest', utf8(await keys.sign(MANIFEST_TYP, bytes)));
    await destination.close();
    await assert.rejects(device.restore(join(world.directory, 'into')), {
      code: 'ERR_MANIFEST',
      kind: 'integrity',
      message: /^manifest 2 /,
    });
  }
});
