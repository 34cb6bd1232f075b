/**
 * HTTP: the direct way of a request, by `node:http` and `node:https` with kept connections. It retries what may
 * pass (connections, 429, 5xx), waits as long as it is told to within bounds, and follows no redirect: a request
 * proves what it asks, so nobody may send it elsewhere.
 */

export type { Timeouts } from './attempt.ts';
export * from './client.ts';
export * from './fetch.ts';
export { parseRetryAfter, type RetryPolicy } from './retry.ts';
