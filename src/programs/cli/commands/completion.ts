import type { Command } from 'commander';
import { bash, fish, zsh } from '../completion/index.ts';
import { usage } from '../errors.ts';
import { act } from '../invocation.ts';

const shells = { bash, zsh, fish } as const;

/** `completion`: a script for the shell that completes commands and flags. */
export function addCompletionCommand(program: Command): void {
  const completion = program
    .command('completion <SHELL>')
    .description('print a completion script for bash, zsh or fish')
    .addHelpText('after', '\nFor bash: source <(holdfast completion bash)');
  act(completion, async ({ args, output }) => {
    const shell = args[0] ?? '';
    if (!Object.hasOwn(shells, shell)) throw usage(`completion: ${shell} is none of bash, zsh, fish`);
    const script = shells[shell as keyof typeof shells](program);
    output.result({ shell, script }, script.trimEnd());
  });
}
