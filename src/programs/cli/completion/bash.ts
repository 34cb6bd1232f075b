import type { Command } from 'commander';
import { afterFlag, nodes } from './tree.ts';

/** For bash 3.2 and newer. */
export function bash(program: Command): string {
  const all = [...nodes(program)];
  const cases = all.map(({ path, children, options }) => {
    const words = [
      ...children.map((child) => child.name()),
      ...options.map((option) => option.long),
      '--help',
    ];
    return `    '${path.join(' ')}') words='${words.join(' ')}' ;;`;
  });
  const paths = all.filter(({ path }) => path.length > 0).map(({ path }) => `'${path.join(' ')}'`);
  const options = new Map(all.flatMap((node) => node.options.map((option) => [option.long, option])));
  const follow = (kind: string): string =>
    [...options]
      .filter(([, option]) => afterFlag(option) === kind)
      .map(([name]) => name)
      .join('|') || '--';
  return `# bash completion for holdfast
_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous='' path='' word words i
  [ "$COMP_CWORD" -gt 0 ] && previous="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  case "$previous" in
    ${follow('file')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${follow('directory')}) COMPREPLY=($(compgen -d -- "$current")); return ;;
    ${follow('other')}) return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${path:+$path }\${COMP_WORDS[i]}"
    case "$word" in
      ${paths.join('|')}) path="$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _holdfast holdfast
`;
}
