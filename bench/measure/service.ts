/** A program that serves while commands use it, and the CPU that it used meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { peakOf } from './command.ts';

/** Ticks of /proc/PID/stat in a second: the kernel's USER_HZ, 100 on every Linux. */
const TICKS = 100;

export class Service implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  /** Starts a program that says `{ "kind": "listening", "url": … }` in a line when it is ready. */
  static async start(words: readonly string[]): Promise<Service> {
    const [program = '', ...rest] = words;
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${words.join(' ')}: ended with ${code}`)));
    });
    ended.catch(() => {});
    const lines = createInterface({ input: child.stdout });
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
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything; user and system time are the 14th and 15th field (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }

  /** Bytes: its largest resident set so far. */
  peak(): number {
    return peakOf(this.#process.pid!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
  }
}
