/**
 * Completion: shell scripts made from the command tree itself, so that they offer exactly the commands and flags
 * that there are. They hold the whole tree; completing starts no process.
 */
export { bash } from './bash.ts';
export { fish } from './fish.ts';
export { zsh } from './zsh.ts';
