/** Measure: what a command costs, what a service beside it costs meanwhile, and what lies on disk afterwards. */
export { type CommandOptions, type Cost, command, type Ended } from './command.ts';
export { sameTrees, storedBytes } from './disk.ts';
export { Service } from './service.ts';
