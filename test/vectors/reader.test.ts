/** The stand-alone reader of the examples knows nothing of Holdfast but docs/format.md: it restores what we stored. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const reader = join(import.meta.dirname, '../../examples/reader/read.mjs');
const root = join(import.meta.dirname, 'holdfast/chain');
let place: string;
before(async () => {
  place = await mkdtemp(join(tmpdir(), 'holdfast-reader-'));
});
after(() => rm(place, { recursive: true, force: true }));

test('every item of the chain of the vectors', async () => {
  const chain = JSON.parse(await readFile(join(root, 'chain.json'), 'utf8'));
  const keys = join(place, 'keys.json');
  await writeFile(
    keys,
    JSON.stringify({ signer: chain.signingKey, key: { kty: 'oct', k: chain.policyKey } }),
  );
  const directory = join(root, 'objects', chain.head.device, chain.head.chain);
  const out = execFileSync(process.execPath, [reader, directory, keys, join(place, 'out')], {
    encoding: 'utf8',
  });
  const rows = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const named = (items: readonly { title: string; size: number }[]) =>
    items.map(({ title, size }) => `${title} ${size}`).sort();
  assert.deepEqual(named(rows), named(chain.items));
  for (const { database, label, uid, size } of rows)
    assert.equal((await readFile(join(place, 'out', database, label, uid))).length, size);
});

test('another signer, or another key, gets nothing', async () => {
  const chain = JSON.parse(await readFile(join(root, 'chain.json'), 'utf8'));
  const directory = join(root, 'objects', chain.head.device, chain.head.chain);
  const good = { signer: chain.signingKey, key: { kty: 'oct', k: chain.policyKey } };
  const other = Buffer.alloc(32, 7).toString('base64url');
  for (const [name, wrong] of [
    ['signer', { ...good, signer: { ...good.signer, x: other } }],
    ['key', { ...good, key: { kty: 'oct', k: other } }],
  ] as const) {
    const keys = join(place, `${name}.json`);
    await writeFile(keys, JSON.stringify(wrong));
    assert.throws(() =>
      execFileSync(process.execPath, [reader, directory, keys, join(place, `out-${name}`)], { stdio: 'ignore' }),
    );
  }
});
