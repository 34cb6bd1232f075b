import type { Command } from 'commander';
import { afterFlag, type Node, nodes } from './tree.ts';

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** For fish 3. */
export function fish(program: Command): string {
  const lines = [...nodes(program)].flatMap((node) => {
    const here = condition(node);
    const commands = node.children.map(
      (child) => `complete -c holdfast -f -n ${here} -a ${child.name()} -d ${quote(child.description())}`,
    );
    const flags = node.options.map((option) => {
      const value = {
        file: ' -r -F',
        directory: " -x -a '(__fish_complete_directories)'",
        other: ' -x',
        none: '',
      };
      return `complete -c holdfast -n ${here} -l ${option.name()}${value[afterFlag(option)]} -d ${quote(option.description)}`;
    });
    return [...commands, ...flags];
  });
  return `# fish completion for holdfast\n${at}\n${lines.join('\n')}\n`;
}

// Do the words typed so far, without flags, lead exactly here, or at least here?
const at = `function __holdfast_at
  set -l words
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; or set -a words $word
  end
  set -l wanted $argv[2..-1]
  if test $argv[1] = least; and test (count $words) -gt (count $wanted)
    set words $words[1..(count $wanted)]
  end
  test "$words" = "$wanted"
end`;

const condition = ({ path, children }: Node): string =>
  quote(['__holdfast_at', children.length > 0 ? 'exactly' : 'least', ...path].join(' '));
