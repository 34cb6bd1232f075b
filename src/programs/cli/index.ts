/**
 * Command line: every program and everything a device can do, as commands for people and scripts. Holds no logic of
 * its own: a device command is one call of the device API, an administrator's one call of the server's. Each
 * command loads its rooms when it runs, so that `--help` and completion answer at once.
 */
export { main } from './main.ts';
