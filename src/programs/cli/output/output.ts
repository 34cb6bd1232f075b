import { systemClock } from '../../../lib/clock.ts';
import { describeFailure } from './failure.ts';
import { printable, printableText } from './format.ts';
import { ProgressLine, type ProgressStep } from './progress.ts';
import type { Stream } from './stream.ts';
import { type Column, table } from './table.ts';

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

const JSON_PROGRESS_MS = 500;

/** One command's voice. */
export class Output {
  readonly options: OutputOptions;
  readonly #out: Stream;
  readonly #err: Stream;
  #progress: ProgressLine | undefined;
  #lastJson = 0;
  #deaf = false;

  constructor(options: OutputOptions, out: Stream = process.stdout, err: Stream = process.stderr) {
    this.options = options;
    this.#out = out;
    this.#err = err;
  }

  /** Whoever read standard output has gone (EPIPE): the work goes on, nothing more is written there. */
  deafen(): void {
    this.#deaf = true;
  }

  /** True when nobody reads any more: a command that only lists may stop. */
  get deaf(): boolean {
    return this.#deaf;
  }

  /** The result of a command: one JSON value, or the text for people. */
  result(value: unknown, text: string | (() => string)): void {
    const said = this.options.json ? JSON.stringify(value) : typeof text === 'string' ? text : text();
    if (said !== '') this.#write(said);
  }

  /** A result that is a list: a JSON array of the values, or a table of the rows. */
  list<T>(
    values: readonly T[],
    columns: readonly Column[],
    row: (value: T) => readonly string[],
    none = 'none',
  ): void {
    this.result(values, () => (values.length === 0 ? none : this.table(columns, values.map(row))));
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
    return table(columns, rows, (text) => this.bold(text));
  }

  /** One of many: a JSON line told apart by its `kind`, or a line of text. */
  entry<T extends { readonly kind: string }>(value: T, text: string): void {
    this.#write(this.options.json ? JSON.stringify(value) : printable(text));
  }

  /** For people only, on standard output: what goes before a result. */
  say(text: string): void {
    if (!this.options.json && !this.options.quiet) this.#write(text);
  }

  /** Something to know that stopped nothing. */
  notice(code: string, message: string): void {
    if (this.options.json) this.#write(JSON.stringify({ kind: 'notice', code, message }));
    else if (!this.options.quiet) this.#complain(`note: ${printable(message)}`);
  }

  progress(step: ProgressStep): void {
    if (this.options.quiet) return;
    if (!this.options.json) {
      this.#progress ??= new ProgressLine(this.#err, systemClock);
      this.#progress.step(step);
      return;
    }
    if (systemClock() - this.#lastJson < JSON_PROGRESS_MS) return;
    this.#lastJson = systemClock();
    this.#write(JSON.stringify({ kind: 'progress', ...step }));
  }

  /** With `--verbose` only. */
  detail(text: string): void {
    if (this.options.verbose) this.#complain(printable(text));
  }

  /** Says what went wrong; returns the exit code for it. */
  failure(error: unknown): number {
    const { exit, problem } = describeFailure(error);
    if (this.options.json) this.#complain(JSON.stringify(problem));
    else {
      this.#complain(`holdfast: ${printable(problem.detail)}`);
      if (problem.hint) this.#complain(`try: ${printable(problem.hint)}`);
    }
    if (this.options.verbose && error instanceof Error) {
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
        this.#complain(cause.stack ?? cause.message);
    }
    return exit;
  }

  bold(text: string): string {
    return this.colour ? `\u001b[1m${text}\u001b[22m` : text;
  }

  /** Colours and weights: on a terminal, unless NO_COLOR says otherwise (no-color.org). */
  get colour(): boolean {
    return this.#out.isTTY === true && !process.env.NO_COLOR && !this.options.json;
  }

  #write(text: string): void {
    this.#progress?.clear();
    if (!this.#deaf) this.#out.write(`${printableText(text)}\n`);
  }

  #complain(text: string): void {
    this.#progress?.clear();
    this.#err.write(`${printableText(text)}\n`);
  }
}
