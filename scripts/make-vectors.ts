/**
 * Makes test/vectors/holdfast/{frames.json,chain/,file/}: a whole small chain and a backup file with their keys, as a
 * second implementation would meet them. Keys and salts are random, so a new run gives other vectors: run it only when
 * the format changes, with the names of those that do (frames, chain, file).
 */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listItems } from '../src/backup/index.ts';
import { commitment, packFrame, sealFrames, segmentKey } from '../src/crypto/index.ts';
import { openIpdFile } from '../src/destinations/ipd-file/index.ts';
import { toBase64Url, toHex, utf8 } from '../src/lib/bytes.ts';
import { nodePlatform as platform } from '../src/platform/node.ts';
import { frameAad, segmentHashInput } from '../src/set/index.ts';
import { backupToFile, PLAIN } from '../test/engine/file-kit.ts';
import { makeTree } from '../test/engine/trees.ts';
import { engineWorld, TestUser } from '../test/engine/world.ts';

const root = join(import.meta.dirname, '../test/vectors/holdfast');

const wanted = process.argv.slice(2);
if (wanted.includes('frames')) await writeFile(join(root, 'frames.json'), json(await frames()));
if (wanted.includes('chain')) await chain(join(root, 'chain'));
if (wanted.includes('file')) await file(join(root, 'file'));

async function frames() {
  const place = {
    set: platform.random(16),
    database: platform.random(16),
    stream: 'data' as const,
    salt: platform.random(16),
  };
  const chainId = platform.random(16);
  const dataKey = platform.random(32);
  const key = segmentKey(platform, dataKey, place);
  const plain = [utf8('BEGIN:VCARD\r\nFN:Åsa\r\nEND:VCARD\r\n'.repeat(40)), utf8('short'), new Uint8Array(0)];
  const bodies = await Promise.all(
    plain.map((raw) => packFrame(platform, raw, { compress: true, pad: true })),
  );
  const stored = await sealFrames(platform, key, place, bodies);
  const hashes = stored.map((bytes) => ({ hash: platform.sha256(bytes) }));
  const aad = frameAad(place);
  return {
    dataKey: toHex(dataKey),
    chain: toHex(chainId),
    commitment: toHex(commitment(platform, dataKey, chainId, place.database)),
    set: toHex(place.set),
    database: toHex(place.database),
    stream: place.stream,
    salt: toHex(place.salt),
    segmentKey: toHex(key),
    segmentHash: toHex(platform.sha256(segmentHashInput(place.stream, place.salt, hashes))),
    frames: plain.map((raw, number) => ({
      number,
      plaintext: toHex(raw),
      body: toHex(bodies[number]!),
      aad: toHex(aad(number, 0, bodies[number]!.length)),
      stored: toHex(stored[number]!),
      hash: toHex(hashes[number]!.hash),
    })),
  };
}

/** Three sets of one device: a full index, a delta with a change and a deletion, an unchanged one. */
async function chain(to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await using world = await engineWorld();
  const user = new TestUser();
  const device = await world.device(user);
  const from = join(world.directory, 'files');
  await makeTree(from, {
    'letter.txt': 'Dear Åsa',
    'old.txt': 'goes',
    'photo.bin': Buffer.alloc(130_000, 'pattern '),
  });
  await device.backup(from);
  await rm(join(from, 'old.txt'));
  await makeTree(from, { 'letter.txt': 'Dear Åsa, again', 'new.txt': 'comes' });
  await device.backup(from);
  await device.backup(from);

  const engine = await device.engine();
  const names: string[] = [];
  for await (const { name } of engine.destination.list('')) {
    await mkdir(dirname(join(to, 'objects', name)), { recursive: true });
    await writeFile(join(to, 'objects', name), await engine.destination.getObject(name, 1 << 24));
    names.push(name);
  }
  const items = [];
  for await (const { uid, ...item } of listItems(engine, {})) items.push({ ...item, uid: toHex(uid) });
  await engine.destination.close();
  await writeFile(
    join(to, 'chain.json'),
    json({
      device: device.id,
      signingKey: user.devices.get(device.id),
      policyKey: toBase64Url(user.key),
      head: user.heads.at(-1),
      objects: names,
      items,
    }),
  );
}

/** A backup file with checkpoints: a database that is sealed, and one that policy leaves unencrypted. */
async function file(to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await using world = await engineWorld();
  const user = new TestUser();
  const device = await world.device(user);
  const [files, games] = [join(world.directory, 'files'), join(world.directory, 'games')];
  const content = (name: string, length: number): Uint8Array =>
    platform.hkdf(utf8(name), new Uint8Array(0), utf8('content'), length);
  for (const [from, names] of [
    [files, 'abcdefghijklmnop'],
    [games, 'qrstu'],
  ] as const)
    await makeTree(
      from,
      Object.fromEntries([...names].map((name) => [`${name}.bin`, Buffer.from(content(name, 6000))])),
    );
  const path = join(to, 'whole.ipd');
  const ends: number[] = [];
  const { set } = await backupToFile(
    device,
    path,
    [
      { name: 'Files', path: files },
      { name: 'Games', path: games, rule: PLAIN },
    ],
    { limits: { segmentLimit: 14_000, checkpointEvery: 20_000 } },
  );
  const bytes = await readFile(path);
  for (let cut = 1000; cut < bytes.length; cut += 1000) {
    await writeFile(`${path}.cut`, bytes.subarray(0, cut));
    const opened = await openIpdFile(`${path}.cut`).catch(() => undefined);
    if (opened?.ending === 'checkpoint') ends.push(cut);
    await opened?.close();
  }
  await rm(`${path}.cut`);
  await chmod(path, 0o644);
  const { chain, counter, hash, time } = set!;
  const items: Record<string, Record<string, string>> = { Files: {}, Games: {} };
  for (const [database, names] of [
    ['Files', 'abcdefghijklmnop'],
    ['Games', 'qrstu'],
  ] as const)
    for (const name of names) items[database]![`${name}.bin`] = toHex(platform.sha256(content(name, 6000)));
  await writeFile(
    join(to, 'file.json'),
    json({
      device: device.id,
      signingKey: user.devices.get(device.id),
      policyKey: toBase64Url(user.key),
      head: { device: device.id, chain, counter, hash, time },
      plain: ['Games'],
      firstCheckpoint: ends[0],
      items,
    }),
  );
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
