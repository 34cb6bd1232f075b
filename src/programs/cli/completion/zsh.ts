import type { Command } from 'commander';
import { afterFlag, nodes } from './tree.ts';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const plain = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');

/** For zsh 5. */
export function zsh(program: Command): string {
  const functions = [...nodes(program)].map(({ path, children, options }) => {
    const name = ['_holdfast', ...path].join('_').replaceAll('-', '_');
    const action = { file: ':file:_files', directory: ':directory:_files -/', other: ':value: ', none: '' };
    const flags = options.map((option) =>
      quote(`*${option.long}[${plain(option.description)}]${action[afterFlag(option)]}`),
    );
    const help = quote('(- *)--help[show this help]');
    if (children.length === 0)
      return `${name}() {\n  _arguments ${[...flags, help, "'*:argument:_files'"].join(' ')}\n}`;
    const commands = children.map((child) => quote(`${child.name()}:${plain(child.description())}`));
    const cases = children.map(
      (child) => `      ${child.name()}) ${name}_${child.name().replaceAll('-', '_')} ;;`,
    );
    return `${name}() {
  local state line
  local -a commands
  commands=(${commands.join(' ')})
  _arguments -C ${[...flags, help, "'1:command:->command'", "'*::argument:->arguments'"].join(' ')}
  case $state in
    command) _describe command commands ;;
    arguments) case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}`;
  });
  return `#compdef holdfast\n# zsh completion for holdfast\n${functions.join('\n')}\ncompdef _holdfast holdfast\n`;
}
