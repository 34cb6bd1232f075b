/** The real command line as a process that is under fault. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ended, spawnHoldfast } from '../e2e/cli-command.ts';
import { type Moment, type Outcome, type Plan, type PowerLoss, VARIABLE } from './inject/plan.ts';

/** How a process is to die; without `moment` it does not, and its calls are counted. */
export interface Fault {
  readonly moment?: Moment;
  /** Then the power fails at that moment; drawn by this seed. */
  readonly power?: number;
}

export interface Died extends Ended, Outcome {
  readonly signal: NodeJS.Signals | null;
}

const preload = new URL('preload.ts', import.meta.url).href;

/** A process that is under fault, for as long as it lives. */
export class Victim {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #closed: Promise<readonly unknown[]>;
  #said = '';
  #complained = '';

  /** @param scratch a directory for its log, on the disk of `roots` */
  static async start(
    args: readonly string[],
    fault: Fault,
    scratch: string,
    roots: readonly string[],
  ): Promise<Victim> {
    const grave = join(scratch, 'grave');
    await mkdir(grave, { recursive: true });
    const loss: PowerLoss | undefined =
      fault.power === undefined ? undefined : { seed: fault.power, roots, grave };
    const plan: Plan = {
      log: join(scratch, 'log'),
      ...(fault.moment && { moment: fault.moment }),
      ...(loss && { powerLoss: loss }),
    };
    return new Victim(args, plan);
  }

  private constructor(args: readonly string[], plan: Plan) {
    this.#log = plan.log;
    const env = { NODE_OPTIONS: `--import ${preload}`, [VARIABLE]: JSON.stringify(plan) };
    this.#child = spawnHoldfast(args, { env });
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => (this.#said += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => (this.#complained += text));
    this.#closed = once(this.#child, 'close');
  }

  /** Waits until a program that serves says so, or dies before it does. */
  async listening(): Promise<void> {
    while (!this.#said.includes('"listening"') && this.#alive)
      await Promise.race([once(this.#child.stdout!, 'data').catch(() => {}), this.#closed]);
  }

  /** Waits for its end. @param stop asks it to end before, as a user would */
  async ended(stop = false): Promise<Died> {
    if (stop && this.#alive) this.#child.kill('SIGINT');
    const [code, signal] = (await this.#closed) as [number | null, NodeJS.Signals | null];
    const outcome = JSON.parse(await readFile(this.#log, 'utf8').catch(() => '{}')) as Outcome;
    return { code, signal, stdout: this.#said, stderr: this.#complained, ...outcome };
  }

  get #alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}
