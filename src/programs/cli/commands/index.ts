/** Command: words and flags that a person types, and what is called for them. A file for each group of commands. */
export { addAdminCommands } from './admin/index.ts';
export { addAreaCommands } from './area.ts';
export { addBackupCommands } from './backup.ts';
export { addCompletionCommand } from './completion.ts';
export { addDeviceCommands } from './device.ts';
export { addDiffCommand } from './diff.ts';
export { addListSetsCommand } from './list-sets.ts';
export { addPruneCommand } from './prune.ts';
export { addQuickstartCommand } from './quickstart.ts';
export { addServerCommands } from './server.ts';
export { addSetCommands } from './sets.ts';
export { addShareCommands } from './share.ts';
export { addSourceCommands } from './source.ts';
export { addStorageCommands } from './storage.ts';
export { addWimCommands } from './wim.ts';
