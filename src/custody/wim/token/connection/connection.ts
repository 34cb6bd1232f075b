import { type ChildProcess, fork } from 'node:child_process';
import { extname, join } from 'node:path';
import { WimError } from '../../errors.ts';
import type { Answer, OperationName, Operations } from '../module/index.ts';

/** Longer than anybody takes to touch a token or to type at its reader. */
const PATIENCE = 3 * 60_000;

/** The entry that is not imported but started; `.js` when installed. */
const MAIN = join(import.meta.dirname, '../module', `main${extname(import.meta.filename)}`);

export interface Connection {
  /** @throws WimError what the module answers; `ERR_TOKEN_CRASHED`, after which the connection is over */
  ask<Op extends OperationName>(op: Op, ask: Operations[Op]['ask']): Promise<Operations[Op]['give']>;
  close(): Promise<void>;
}

/**
 * Starts a process that loads the module.
 * @throws WimError `ERR_PKCS11JS_MISSING`, `ERR_TOKEN_MODULE`, `ERR_TOKEN_CRASHED`
 */
export async function connect(module: string): Promise<Connection> {
  const connection = new ModuleProcess(module);
  try {
    await connection.ask('load', { path: module });
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

class ModuleProcess implements Connection {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #module: string;
  #over: WimError | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(module: string) {
    this.#module = module;
    this.#child = fork(MAIN, [], {
      execArgv: [],
      env: foreignEnvironment(),
      // What a vendor's library prints is not for our user, and could be anything.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#over ??= this.#crashed(signal ?? `exit code ${code}`);
        resolve();
      });
      this.#child.once('error', ({ message }) => {
        this.#over ??= this.#crashed(message);
        resolve();
      });
    });
    // Waiting for a request holds this program; an idle module does not.
    this.#child.unref();
    this.#child.channel?.unref();
  }

  ask<Op extends OperationName>(op: Op, ask: Operations[Op]['ask']): Promise<Operations[Op]['give']> {
    const answer = this.#last.then(() => this.#request(op, ask));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async close(): Promise<void> {
    this.#over ??= new WimError('ERR_TOKEN_FAILED', 'The connection to the token is closed.');
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #request<Op extends OperationName>(
    op: Op,
    ask: Operations[Op]['ask'],
  ): Promise<Operations[Op]['give']> {
    if (this.#over) throw this.#over;
    const child = this.#child;
    const stop = new AbortController();
    child.channel?.ref();
    const timer = setTimeout(() => {
      this.#over = new WimError('ERR_TOKEN_FAILED', `The module ${this.#module} does not answer.`);
      child.kill('SIGKILL');
    }, PATIENCE);
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        const settle = (message: unknown) => resolve(message as Answer);
        child.once('message', settle);
        stop.signal.addEventListener('abort', () => child.off('message', settle));
        void this.#ended.then(() => reject(this.#over));
        child.send({ op, ask }, (error) => {
          if (error) reject(this.#over ?? this.#crashed(error.message));
        });
      });
      return given(answer) as Operations[Op]['give'];
    } finally {
      clearTimeout(timer);
      stop.abort();
      child.channel?.unref();
    }
  }

  #crashed(how: string): WimError {
    return new WimError(
      'ERR_TOKEN_CRASHED',
      `The process of the PKCS#11 module ${this.#module} ended by itself (${how}). Nothing else was harmed; try again.`,
    );
  }
}

function given(answer: Answer): unknown {
  if (answer.kind === 'done') return answer.value;
  const { code, message, triesLeft } = answer;
  throw new WimError(code, message, triesLeft === undefined ? {} : { triesLeft });
}

/** All but our own variables: a PIN or a passphrase may be among those. */
const foreignEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_')));
