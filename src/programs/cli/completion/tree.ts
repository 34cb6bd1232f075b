import type { Command, Option } from 'commander';

/** A command as a shell completes it. */
export interface Node {
  /** The words that lead here; empty for the program itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly children: readonly Command[];
  /** Its own flags and those of every command above. */
  readonly options: readonly Option[];
}

/** Every command of the tree, the program first. */
export function* nodes(
  command: Command,
  path: readonly string[] = [],
  above: readonly Option[] = [],
): Generator<Node> {
  const options = [...above, ...command.options.filter((option) => option.name() !== 'version')];
  yield { path, description: command.description(), children: command.commands, options };
  for (const child of command.commands) yield* nodes(child, [...path, child.name()], options);
}

/** What a flag is followed by, as far as a shell can help. */
export function afterFlag(option: Option): 'none' | 'file' | 'directory' | 'other' {
  if (!option.required) return 'none';
  if (/<FILE>/.test(option.flags)) return 'file';
  return /<DIR>/.test(option.flags) ? 'directory' : 'other';
}
