/** A program that serves while commands use it, and what it used meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { whenInterrupted } from './ending.ts';
import { cpuOf, forgetPeakOf, peakOf, residentOf } from './processes.ts';

export interface ServiceOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** File for what it says on stderr; otherwise it goes where ours goes. */
  readonly log?: string;
}

export class Service implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  /** Starts a program that says `{ "kind": "listening", "url": … }` in a line when it is ready. */
  static async start(words: readonly string[], options: ServiceOptions = {}): Promise<Service> {
    const [program = '', ...rest] = words;
    const log = options.log === undefined ? undefined : openSync(options.log, 'a');
    const child = spawn(program, rest, {
      stdio: ['ignore', 'pipe', log ?? 'inherit'],
      env: { ...process.env, ...options.environment },
    });
    if (log !== undefined) closeSync(log);
    child.once(
      'exit',
      whenInterrupted(() => child.kill('SIGKILL')),
    );
    const ended = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${words.join(' ')}: ended with ${code}`)));
    });
    ended.catch(() => {});
    const lines = createInterface({ input: child.stdout! });
    const listening = new Promise<string>((resolve) => {
      lines.on('line', (line) => {
        const said = JSON.parse(line) as { kind?: string; url?: string };
        if (said.kind === 'listening' && said.url !== undefined) resolve(said.url);
      });
    });
    try {
      return new Service(child, await Promise.race([listening, ended]));
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  /** Seconds of CPU since it was started, user and system, all threads. */
  cpu(): number {
    return cpuOf(this.#process.pid!);
  }

  /** Bytes: its largest resident set, since `forgetPeak`. */
  peak(): number {
    return peakOf(this.#process.pid!);
  }

  resident(): number {
    return residentOf(this.#process.pid!);
  }

  /** Files and connections that it has open. */
  files(): number {
    return readdirSync(`/proc/${this.#process.pid}/fd`).length;
  }

  forgetPeak(): void {
    forgetPeakOf(this.#process.pid!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
  }
}

/** A port of 127.0.0.1 that nobody listens at just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
