/** What `npm pack` makes, installed into an empty folder: the command works there, under the Node of the machine. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { softHsmMissing } from '../wim/kit/softhsm.ts';
import { install, type Packed, pack, run } from './packed.ts';
import { typeTour } from './tour.ts';

let scratch: string;
let app: string;
let packed: Packed;
let how: string;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-pack-'));
  app = join(scratch, 'app');
  await mkdir(app);
  packed = await pack(scratch);
  how = await install(join(scratch, packed.filename), app);
});
after(() => rm(scratch, { recursive: true, force: true }));

test('what is in the package', async () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of [
    'bin/holdfast.js',
    'dist/cli.js',
    'dist/THIRD-PARTY-LICENSES',
    'LICENSE',
    'examples/policies/everyone.yaml',
  ])
    assert.ok(paths.includes(path), `${path} is not in the package`);
  const foreign = paths.filter((path) => /^(src|test|bench|scripts)\/|\.test\.|^dist\/.*\.ts$/.test(path));
  assert.deepEqual(foreign, []);
  // Holdfast and the Node that was asked for; what it uses is in it.
  const installed = (await readdir(join(app, 'node_modules'))).filter((name) => !name.startsWith('.'));
  assert.deepEqual(
    installed.filter((name) => !name.startsWith('node')),
    ['holdfast'],
  );
});

test('packed, installed, and run by npx', async (t) => {
  const node = (await run(app, 'node', '--version')).stdout.trim();
  t.diagnostic(`installed ${how}; the machine's Node is ${node}`);

  const said = await run(app, 'npx', '--offline', 'holdfast', '--version');
  assert.deepEqual([said.code, said.stdout], [0, `${packed.version}\n`], said.stderr);

  const refused = await run(app, 'npx', '--offline', 'holdfast', 'frobnicate');
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /^holdfast: unknown command 'frobnicate'$/m);

  const play = await run(app, 'npx', '--offline', 'holdfast', 'quickstart', '--once');
  assert.equal(play.code, 0, play.stdout + play.stderr);
  assert.match(play.stdout, /(\d+) of \1 expectations held/);
});

test('server, storage and a device of the package do the tour of the README', {
  timeout: 180_000,
}, async () => {
  const { code, said } = await typeTour('README.md', 'Tour', join(app, 'node_modules'));
  assert.equal(code, 0, said);
  for (const expected of [
    /^set \S+ \(number 1\) is complete/m,
    /^restored from set /m,
    /^ExecStart=.*node_modules/m,
  ])
    assert.ok(expected.test(said), `${expected} is not in what was said:\n${said}`);
});

const missing = softHsmMissing();
const skip = missing !== undefined && process.env.CI !== 'true' ? missing : false;

test('a token is used in a process of its own', { timeout: 300_000, skip }, async () => {
  // As `npm install pkcs11js` does, and compiled.
  await symlink(join(import.meta.dirname, '../../node_modules/pkcs11js'), join(app, 'node_modules/pkcs11js'));
  const { code, said } = await typeTour('docs/personal.md', 'A tour', join(app, 'node_modules'));
  assert.equal(code, 0, said);
  assert.match(said, /^way in {7}card \(token\)$/m);
  assert.match(said, /^the same$/m);
});
