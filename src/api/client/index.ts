/**
 * Client: the one typed client of the enterprise server. `enrolmentClient` and `deviceClient` for devices,
 * `adminClient` for the command line and pages. Portable: it knows `fetch` and nothing of a runtime. It retries
 * what is safe to repeat, a few times; what the server refuses is a `ProblemError` with the server's code.
 */
export * from './admin.ts';
export * from './device.ts';
export * from './errors.ts';
export { backoff, pause } from './pause.ts';
export type { StreamOptions, StreamState, WakeUp } from './stream.ts';
