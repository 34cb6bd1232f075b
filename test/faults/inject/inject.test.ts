/** What does the killing is right itself: each call counts and dies as told; the disk keeps what was synced. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CallKind, type Outcome, type Plan, VARIABLE, type When } from './plan.ts';

const preload = new URL('../preload.ts', import.meta.url).href;

/** Runs a script in a directory of its own; `look` says what is there afterwards. */
function run<T>(
  script: string,
  wish: { at?: [CallKind, number, When]; power?: number },
  look: (home: string) => T,
): T & Outcome {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-inject-'));
  const [home, grave, log] = ['home', 'grave', 'log'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  try {
    for (const directory of [home, grave]) mkdirSync(directory);
    writeFileSync(join(home, 'old'), 'the old content');
    const { at, power } = wish;
    const plan: Plan = {
      log,
      ...(at && { moment: { kind: at[0], number: at[1], when: at[2] } }),
      ...(power !== undefined && { powerLoss: { seed: power, roots: [home], grave } }),
    };
    const code = `const fs = require('node:fs'); (async () => { ${script} })()`;
    const env = { ...process.env, NODE_OPTIONS: `--import ${preload}`, [VARIABLE]: JSON.stringify(plan) };
    const { stderr, signal } = spawnSync(process.execPath, ['-e', code], {
      cwd: home,
      env,
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    assert.equal(signal, at ? 'SIGKILL' : null);
    return { ...(JSON.parse(readFileSync(log, 'utf8')) as Outcome), ...look(home) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const files = (home: string) => ({
  files: Object.fromEntries(
    readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'utf8')]),
  ),
});

const REPLACE = `
  const file = await fs.promises.open('new', 'wx');
  await file.writeFile('the new content');
  SYNC
  await file.close();
  fs.renameSync('new', 'old');
  DIRECTORY
  fs.mkdirSync('after/wards', { recursive: true });`;
const SYNC = 'await file.sync();';
const DIRECTORY = `const here = fs.openSync('.', 'r'); fs.fsyncSync(here); fs.closeSync(here);`;
const replace = (sync: string, directory: string): string =>
  REPLACE.replace('SYNC', sync).replace('DIRECTORY', directory);

test('counts what writes, by kind, also in promises and on open files', () => {
  const { counts } = run(replace(SYNC, DIRECTORY), {}, files);
  assert.deepEqual(counts, { open: 1, write: 1, sync: 2, rename: 1, mkdir: 1 });
});

test('dies before a call, in the middle of its bytes, or after it', () => {
  const at = (kind: CallKind, when: When) =>
    run(replace(SYNC, DIRECTORY), { at: [kind, 1, when] }, files).files;
  const old = { old: 'the old content' };
  assert.deepEqual(at('open', 'before'), old);
  assert.deepEqual(at('write', 'before'), { ...old, new: '' });
  assert.deepEqual(at('write', 'middle'), { ...old, new: 'the new' });
  assert.deepEqual(at('write', 'after'), { ...old, new: 'the new content' });
  assert.deepEqual(at('rename', 'after'), { old: 'the new content' });
});

test('without power: what was synced is there, what was not may be lost, cut or zeros', () => {
  const seeds = Array.from({ length: 10 }, (_, seed) => seed);
  const outcomes = (script: string): Set<string | undefined> =>
    new Set(seeds.map((power) => run(script, { at: ['mkdir', 1, 'before'], power }, files).files.old));
  assert.deepEqual(outcomes(replace(SYNC, DIRECTORY)), new Set(['the new content']));
  assert.deepEqual(outcomes(replace(SYNC, '')), new Set(['the old content', 'the new content']));
  const careless = outcomes(replace('', DIRECTORY));
  for (const one of ['', 'the new content', '\0'.repeat(15)])
    assert.ok(careless.has(one), JSON.stringify([...careless]));
});

test('without power: what was removed and not synced comes back, what was made goes', () => {
  const script = `
    fs.mkdirSync('d');
    fs.writeFileSync('d/x', 'x');
    fs.rmSync('d', { recursive: true });
    fs.unlinkSync('old');
    fs.mkdirSync('end');`;
  const seen = new Set(
    Array.from({ length: 10 }, (_, power) => {
      const { files: there } = run(script, { at: ['mkdir', 2, 'after'], power }, files);
      return Object.keys(there).sort().join(' ');
    }),
  );
  assert.ok(seen.has('old') && seen.has(''), [...seen].join(', '));
});
