/**
 * Setting: one value that a command works with, wherever it was said. A flag on the command line wins over its
 * environment variable (`HOLDFAST_<PROGRAM>_<FLAG>`), that over the configuration file, that over the default.
 * Secrets are no settings: they come from a file, a prompt or the environment, never from a flag.
 */
export { type ConfigFile, noConfig, readConfig } from './config.ts';
export { Flag, type FlagProgram, flag } from './flags.ts';
export { parseListen } from './listen.ts';
export { configDirectory, dataDirectory, packageRoot } from './paths.ts';
export { Settings } from './settings.ts';
