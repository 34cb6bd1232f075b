import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { whenInterrupted } from '../measure/index.ts';
import type { Answer, Order, OutcomeOf } from './orders.ts';

type Waiting = { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void };

/** A process that plays devices, from here. */
export class Player implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /** @param node flags of Node */
  constructor(node: readonly string[] = []) {
    this.#process = spawn(process.execPath, [...node, join(import.meta.dirname, 'worker.ts')], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', ({ id, outcome }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (outcome.kind === 'failed') waiting?.reject(new Error(outcome.message));
      else waiting?.resolve(outcome as never);
    });
    const settled = whenInterrupted(() => this.#process.kill('SIGKILL'));
    this.#process.on('exit', (code) => {
      settled();
      for (const { reject } of this.#waiting.values())
        reject(new Error(`a process of devices ended with ${code}`));
    });
  }

  ask<O extends Order>(order: O): Promise<OutcomeOf<O>> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, order });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    await this.ask({ kind: 'end' }).catch(() => this.#process.kill());
    await ended;
  }
}
