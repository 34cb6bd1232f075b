/** The real command line as a child process, for tests of this folder. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** As another account; only root can. */
  readonly uid?: number;
}

/** Compiled modules are kept between commands, as a user's are: half of a short command is compiling. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
mkdirSync(join(cache, 'holdfast'), { recursive: true, mode: 0o700 });

/** An environment without any setting of whoever runs the tests. */
function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_'));
  const away = '/nonexistent/holdfast-tests';
  return {
    ...Object.fromEntries(kept),
    XDG_CONFIG_HOME: away,
    XDG_DATA_HOME: away,
    XDG_CACHE_HOME: cache,
    NO_COLOR: '1',
    ...more,
  };
}

export function spawnHoldfast(args: readonly string[], options: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: environment(options.env),
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command to its end. */
export async function holdfast(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = spawnHoldfast(args, options);
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/**
 * Runs a command again and again, and kills it after longer and longer, until it comes to its end.
 *
 * @param between after each kill, in ms of what it was given
 * @returns how often it was killed
 */
export async function thoughKilled(
  args: readonly string[],
  options: RunOptions,
  between: (after: number, kills: number) => Promise<void> = async () => {},
): Promise<number> {
  let kills = 0;
  for (let wait = 150; ; wait *= 1.3) {
    const child = spawnHoldfast(args, options);
    let complained = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => (complained += text));
    child.stdout?.resume();
    const closed = once(child, 'close');
    await Promise.race([closed, sleep(wait)]);
    if (child.exitCode === null) child.kill('SIGKILL');
    const [code] = await closed;
    if (code === 0) return kills;
    assert.equal(code, null, complained);
    await between(wait, ++kills);
  }
}

export interface Serving {
  readonly url: string;
  /** Stops it as a user would; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a program that serves, and waits until it says where. */
export async function serving(args: readonly string[], options: RunOptions = {}): Promise<Serving> {
  const child = spawnHoldfast([...args, '--json'], options);
  let [said, complained] = ['', ''];
  child.stderr?.setEncoding('utf8').on('data', (text) => (complained += text));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      said += text;
      const line = said.split('\n').find((part) => part.includes('"listening"'));
      if (line) resolve(JSON.parse(line).url);
    });
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}: ${complained}`)));
  });
  return {
    url,
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      child.kill('SIGINT');
      const [code] = await once(child, 'close');
      return code;
    },
  };
}
