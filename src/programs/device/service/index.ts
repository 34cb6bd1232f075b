/**
 * Service: the agent as the system starts it, after a crash too: a unit of systemd, or a launch agent of launchd.
 * Only the file is written here, by the user whose it is or by the administrator; nothing is started or stopped, and
 * a file that is not from here, or was changed since, is left alone.
 */
export * from './file.ts';
export * from './mark.ts';
export * from './plan.ts';
export * from './trusted.ts';
