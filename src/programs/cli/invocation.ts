import type { Command } from 'commander';
import type { Output } from './output/index.ts';
import type { Settings } from './settings/index.ts';

/** What a command is given when it runs. */
export interface Context {
  readonly args: readonly string[];
  readonly settings: Settings;
  readonly output: Output;
  /** Aborted when the user stops the command. */
  readonly signal: AbortSignal;
}

/** What a command does. What it throws decides the exit code; without, it is 0. */
export type Action = (context: Context) => Promise<void>;

/** What was typed, once it is understood: nothing has run yet. */
export interface Invocation {
  readonly command: Command;
  readonly action: Action;
}

const chosen = new WeakMap<Command, Invocation>();

/** Says what a command does. */
export function act(command: Command, action: Action): Command {
  return command.action(() => {
    let program = command;
    while (program.parent) program = program.parent;
    chosen.set(program, { command, action });
  });
}

/** The command that parsing came to. */
export const invocation = (program: Command): Invocation | undefined => chosen.get(program);
