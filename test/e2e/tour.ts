/**
 * A tour of the documentation, typed as it stands, in a copy of this package: each `sh` block in one shell, those that
 * start a program in a shell of their own. Only where somebody listens on a port of the tour already, another one
 * is put in its place.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PORTS = [7410, 7420];

/** The blocks of a section, in order. */
async function blocksOf(page: string, section: string): Promise<string[]> {
  const text = await readFile(join(root, page), 'utf8');
  const found = new RegExp(`^## ${section}\\n(.*?)^## `, 'ms').exec(text)?.[1] ?? '';
  return [...found.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

/**
 * @param modules where packages are installed, Holdfast among them; the sources of this clone unless said otherwise
 * @returns how many programs it starts, how many blocks follow, how the last shell ended and what was said
 */
export async function typeTour(
  page: string,
  section: string,
  modules?: string,
): Promise<{ starts: number; rest: number; code: number; said: string }> {
  const copy = await mkdtemp(join(tmpdir(), 'holdfast-tour-'));
  const shells: ChildProcess[] = [];
  try {
    const files = modules ? ['examples', '.npmrc'] : ['bin', 'src', 'examples', 'package.json', '.npmrc'];
    for (const name of files) await cp(join(root, name), join(copy, name), { recursive: true });
    await symlink(modules ?? join(root, 'node_modules'), join(copy, 'node_modules'));
    await mkdir(join(copy, '.cache'));
    const ports = await Promise.all(PORTS.map(freePort));
    const env = environment(copy, ports);
    const typed = (block: string): string =>
      PORTS.reduce((text, port, i) => text.replaceAll(`:${port}`, `:${ports[i]}`), block);

    const blocks = await blocksOf(page, section);
    const starts = blocks.filter((block) => / start /.test(block));
    const rest = blocks.filter((block) => !/ start /.test(block));
    // One after the other, as a person would: npx makes its link to this package on its first use.
    for (const block of starts) shells.push(await started(typed(block), copy, env));
    const { code, said } = await run(rest.map(typed).join('\n'), copy, env);
    return { starts: starts.length, rest: rest.length, code, said };
  } finally {
    await Promise.all(shells.map(ended));
    await rm(copy, { recursive: true, force: true });
  }
}

/** A port that nobody has now: the one that was asked for, or any. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  server.listen(wanted, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return freePort(0);
  }
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** Without any setting of whoever runs the tests; what npx keeps goes into the copy. */
function environment(copy: string, [server, storage]: number[]): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(HOLDFAST_|npm_|NODE_TEST)/i.test(name));
  return {
    ...Object.fromEntries(kept),
    NO_COLOR: '1',
    npm_config_cache: join(copy, '.npm-cache'),
    XDG_CONFIG_HOME: join(copy, '.config'),
    XDG_CACHE_HOME: join(copy, '.cache'),
    ...(server !== PORTS[0] && { HOLDFAST_SERVER_LISTEN: `127.0.0.1:${server}` }),
    ...(storage !== PORTS[1] && { HOLDFAST_STORAGE_LISTEN: `127.0.0.1:${storage}` }),
  };
}

/** A shell with a process group of its own, so that what it starts can be ended with it. */
function shell(script: string, cwd: string, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn('bash', ['-e', '-c', script], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function started(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = shell(script, cwd, env);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (/ listens at http/.test(said)) resolve();
      });
    child.once('exit', () => reject(new Error(`${script} ended: ${said}`)));
  });
  return child;
}

/** As Ctrl+C in its terminal does. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = once(child, 'close');
  process.kill(-child.pid, 'SIGINT');
  await closed;
}

async function run(
  script: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; said: string }> {
  const child = shell(script, cwd, env);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = await once(child, 'close');
  return { code, said };
}
