/**
 * Device API: everything the terminal can do, as operations with parameters and a result, and events on the way.
 * One API for all: the command line, the computer on the link, the page (design: B8, N2). A call is answered by
 * any number of events (`progress`, `notice`, rows such as `entry`), and then by exactly one `result` or `problem`.
 *
 * Over HTTP/1.1 on a Unix socket of mode 0600: `POST /v1/OPERATION` with the parameters as JSON is answered by
 * `application/x-ndjson`, one event a line. Whoever closes the connection ends the operation.
 */
export * from './call.ts';
export * from './diff.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './lines.ts';
export * from './operations.ts';
export * from './own-keys.ts';
export * from './owner.ts';
export * from './prune.ts';
export * from './restore.ts';
export * from './run.ts';
export * from './schedule.ts';
export * from './sets.ts';
export * from './share.ts';
export * from './sources.ts';
export * from './terminal.ts';
export * from './values.ts';
export * from './way.ts';
export * from './ways.ts';
