/**
 * Problem: what an HTTP interface of ours answers when it does not do what was asked, as problem details
 * (RFC 9457, `application/problem+json`). Two members are ours: `code`, the stable code of the error, and `kind`,
 * what sort of failure it is for the one who has to react (`FailureKind`). Used by the storage area, the
 * enterprise server and the device API alike.
 */
export * from './errors.ts';
export * from './issues.ts';
export * from './problem.ts';
