/** What a crash leaves: the old state or the new one. Run with `child`, this file is the process that dies. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { DeviceKeys } from '../../policy/message/index.ts';
import { acceptMessage } from './accept.ts';
import { openDatabase } from './database.ts';
import { enrolled, id, NOW, platform, policyKey } from './samples.test.ts';

interface Job {
  readonly file: string;
  readonly sealed: string;
  readonly keys: DeviceKeys;
  /** `INSERT ON section`: where to die; absent: after the commit. */
  readonly at?: string;
}

async function child({ file, sealed, keys, at }: Job): Promise<void> {
  const die = () => process.kill(process.pid, 'SIGKILL');
  const db = openDatabase(file);
  // So few pages in memory that the file itself is being written when the process dies.
  db.exec('PRAGMA cache_size = 4; PRAGMA cache_spill = 4; PRAGMA trusted_schema = ON');
  if (at) {
    db.function('die', () => Number(die()));
    db.exec(`CREATE TEMP TRIGGER dies AFTER ${at.replace('ON ', 'ON main.')} BEGIN SELECT die(); END`);
  }
  await acceptMessage({ db, platform, clock: () => NOW, monotonic: () => 0 }, sealed, keys);
  die();
}

const jobFile = process.argv[2] === 'child' ? process.argv[3] : undefined;
if (jobFile) await child(JSON.parse(readFileSync(jobFile, 'utf8')) as Job);
else {
  it('a process that is killed while it accepts leaves the old state or the new one', async () => {
    const { server, device } = await enrolled();
    const [gone, ...many] = Array.from({ length: 400 }, () => policyKey());
    await device.memory.accept((await server.message({ decryptionKeys: [gone!] })).sealed, device.keys);
    device.memory.keepKeyring(id(), platform.random(5000));
    const commands = [{ id: id(), kind: 'erase-keys' as const, kids: [gone!.kid] }];
    const { sealed, seq } = await server.message({
      decryptionKeys: many,
      encryptionKeys: [many[0]!],
      commands,
    });
    const before = device.dump();
    device.memory.close();

    const points = [
      'UPDATE ON compartment',
      'INSERT ON command',
      'DELETE ON keyring',
      'UPDATE ON clock',
      undefined,
    ];
    await Promise.all(
      points.map(async (at, number) => {
        const file = join(device.folder, `${number}.db`);
        copyFileSync(device.file, file);
        const job: Job = { file, sealed, keys: device.keys, ...(at && { at }) };
        const jobPath = join(device.folder, `${number}.json`);
        writeFileSync(jobPath, JSON.stringify(job));
        const process_ = spawn(process.execPath, [import.meta.filename, 'child', jobPath], {
          stdio: 'inherit',
        });
        const [, signal] = await once(process_, 'exit');
        assert.equal(signal, 'SIGKILL', `${at}`);
      }),
    );
    const unfinished = points.map((_, number) => readFileSync(join(device.folder, `${number}.db`)));
    assert(unfinished.slice(0, -1).some((bytes) => !bytes.equals(readFileSync(device.file))));
    for (const [number, at] of points.entries()) {
      assert.equal(statSync(join(device.folder, `${number}.db-journal`)).size > 0, at !== undefined);
      copyFileSync(join(device.folder, `${number}.db`), device.file);
      copyFileSync(join(device.folder, `${number}.db-journal`), `${device.file}-journal`);
      device.memory = device.open();
      if (at) assert.deepEqual(device.dump(), before, at);
      const again = await device.memory.accept(sealed, device.keys);
      assert.equal(again.kind, at ? 'accepted' : 'repeated');
      assert.equal((await server.take(again.report)).kind, 'acknowledgement');
      assert.equal(device.memory.decryptionKeys().length, many.length);
      const state = device.memory.state();
      assert(state.kind === 'enrolled' && state.seq === seq);
      device.memory.close();
    }
    device.memory = device.open();
    device.remove();
  });
}
