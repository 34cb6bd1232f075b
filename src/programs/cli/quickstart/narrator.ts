import { describeFailure, type Output } from '../output/index.ts';

/** Something that was shown: what was expected, what requirement says so, and whether it was so. */
export interface Shown {
  readonly what: string;
  readonly requirement: string;
  readonly outcome: string;
  readonly held: boolean;
}

/** Tells the story as it happens, and keeps what it has shown. */
export class Narrator {
  readonly shown: Shown[] = [];
  readonly #output: Output;
  #act = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Opens an act. */
  act(title: string): void {
    this.#act++;
    this.#tell({ kind: 'act', number: this.#act, title }, `\n${this.#output.bold(`${this.#act}. ${title}`)}`);
  }

  /** What happens, in a sentence. */
  tell(text: string): void {
    this.#tell({ kind: 'told', text }, `   ${text}`);
  }

  /** A command that would show the same, to try by oneself. */
  command(text: string): void {
    this.#tell({ kind: 'command', command: text }, `   $ ${text}`);
  }

  /** Checks an expectation, and says how it came out. */
  expect(what: string, requirement: string, held: boolean, outcome: string): void {
    const shown = { what, requirement, outcome, held };
    this.shown.push(shown);
    const mark = held ? '✓' : '✗';
    this.#tell({ kind: 'check', ...shown }, `   ${mark} ${what}: ${outcome} (${requirement})`);
  }

  /** Checks that `work` ends with this exit code, as it would on the command line. */
  async expectExit(
    what: string,
    requirement: string,
    exit: number,
    work: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { problem } = describeFailure(error);
      this.expect(what, requirement, problem.exit === exit, `exit ${problem.exit}, ${problem.detail}`);
      return;
    }
    this.expect(what, requirement, false, `exit 0, though exit ${exit} was expected`);
  }

  /** Did everything come out as expected? */
  get held(): boolean {
    return this.shown.length > 0 && this.shown.every((row) => row.held);
  }

  #tell<T extends { readonly kind: string }>(value: T, text: string): void {
    if (this.#output.options.json) this.#output.entry(value, '');
    else this.#output.say(text);
  }
}
