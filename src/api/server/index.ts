/**
 * Server API: what devices and administrators ask the enterprise server over HTTP, as zod types. The device
 * channel carries sealed messages and reports; the admin API is JSON behind a bearer token. Errors are problems
 * (RFC 9457, `api/problem`). The typed clients are in `api/client`.
 */
export * from './device-channel.ts';
export * from './devices.ts';
export * from './people.ts';
export * from './policies.ts';
export * from './records.ts';
export * from './sharing.ts';
export * from './values.ts';
