/** What `npm pack` makes, installed into an empty folder: the command works there, under the Node of the machine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Ended } from './cli-command.ts';

const root = join(import.meta.dirname, '../..');
let scratch: string;
let app: string;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-pack-'));
  app = join(scratch, 'app');
  await mkdir(app);
});
after(() => rm(scratch, { recursive: true, force: true }));

/** As on somebody's machine: the Node of the project is not on the way. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|HOLDFAST_|NODE)/i.test(name));
  const path = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.includes('node_modules'));
  return {
    ...Object.fromEntries(kept),
    PATH: path.join(delimiter),
    NO_COLOR: '1',
    npm_config_loglevel: 'error',
  };
}

async function run(cwd: string, command: string, ...args: string[]): Promise<Ended> {
  const child = spawn(command, args, { cwd, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

interface Packed {
  readonly filename: string;
  readonly version: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packs a copy, so that the clone gets no `dist`. */
async function pack(): Promise<Packed> {
  const copy = join(scratch, 'copy');
  const left = ['node_modules', 'dist', 'test', 'bench'];
  await mkdir(copy);
  for (const name of await readdir(root))
    if (!left.includes(name) && !name.startsWith('.'))
      await cp(join(root, name), join(copy, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  // What the script `prepack` prints stands before the JSON.
  const { code, stdout, stderr } = await run(
    copy,
    'npm',
    'pack',
    '--json',
    '--offline',
    '--pack-destination',
    scratch,
  );
  assert.equal(code, 0, stdout + stderr);
  const parsed = JSON.parse(stdout.slice(stdout.search(/^[[{]$/m))) as Packed[] | Record<string, Packed>;
  const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  return packed!;
}

/** By npm where its cache holds what is needed; else laid out by hand as npm would. */
async function install(tarball: string): Promise<'npm' | 'by hand'> {
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const manifest = { name: 'app', private: true, allowScripts: { node: true } };
  await writeFile(join(app, 'package.json'), JSON.stringify(manifest));
  const asked = await run(app, 'npm', 'install', '--offline', tarball, `node@${devDependencies.node}`);
  if (asked.code === 0) return 'npm';
  await rm(join(app, 'node_modules'), { recursive: true, force: true });
  const modules = join(app, 'node_modules');
  await mkdir(join(modules, 'holdfast'), { recursive: true });
  const unpacked = await run(modules, 'tar', 'xzf', tarball, '-C', 'holdfast', '--strip-components=1');
  assert.equal(unpacked.code, 0, unpacked.stderr);
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(packages)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    if (!name || (dev && name !== 'node')) continue;
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(root, path), join(modules, name));
  }
  await mkdir(join(modules, '.bin'));
  await symlink('../holdfast/bin/holdfast.js', join(modules, '.bin/holdfast'));
  return 'by hand';
}

test('packed, installed, and run by npx', async (t) => {
  const { filename, files, version } = await pack();
  const paths = files.map(({ path }) => path);
  for (const path of [
    'bin/holdfast.js',
    'dist/programs/cli/index.js',
    'LICENSE',
    'examples/policies/everyone.yaml',
  ])
    assert.ok(paths.includes(path), `${path} is not in the package`);
  const foreign = paths.filter((path) => /^(src|test|bench|scripts)\/|\.test\.|^dist\/.*\.ts$/.test(path));
  assert.deepEqual(
    foreign.filter((path) => !path.endsWith('.d.ts')),
    [],
  );

  const how = await install(join(scratch, filename));
  const node = (await run(app, 'node', '--version')).stdout.trim();
  t.diagnostic(`installed ${how}; the machine's Node is ${node}`);

  const said = await run(app, 'npx', '--offline', 'holdfast', '--version');
  assert.deepEqual([said.code, said.stdout], [0, `${version}\n`], said.stderr);

  const refused = await run(app, 'npx', '--offline', 'holdfast', 'frobnicate');
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /^holdfast: unknown command 'frobnicate'$/m);

  const play = await run(app, 'npx', '--offline', 'holdfast', 'quickstart', '--once');
  assert.equal(play.code, 0, play.stdout + play.stderr);
  assert.match(play.stdout, /(\d+) of \1 expectations held/);
});
