/** Measure: what a command costs, what a service beside it costs meanwhile, and what lies on disk afterwards. */
export { type CommandOptions, type Cost, command, type Ended } from './command.ts';
export { sameFiles, sameTrees, storedBytes } from './disk.ts';
export { whenInterrupted } from './ending.ts';
export { describeMachine, type Machine, machineLine } from './machine.ts';
export { freePort, Service, type ServiceOptions } from './service.ts';
export { cpuOfStart } from './start.ts';
export { type Temporary, temporary } from './temporary.ts';
