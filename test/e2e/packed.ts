/** What `npm pack` makes, installed as on somebody's machine: for tests of this folder. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Ended } from './cli-command.ts';

const root = join(import.meta.dirname, '../..');

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

export async function run(cwd: string, command: string, ...args: string[]): Promise<Ended> {
  const child = spawn(command, args, { cwd, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

export interface Packed {
  readonly filename: string;
  readonly version: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packs a copy, so that the clone gets no `dist`. */
export async function pack(scratch: string): Promise<Packed> {
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
export async function install(tarball: string, app: string): Promise<'npm' | 'by hand'> {
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
