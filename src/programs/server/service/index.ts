/**
 * Service: what the server does for administrators and devices, apart from HTTP. Enrolment, policies, the messages
 * that result from them, keys, reports, revocation, the audit log. Each function takes the context first; what
 * belongs together is done in one transaction, with its audit entry.
 */
export * from './allowance.ts';
export * from './audit.ts';
export * from './audit-keeping.ts';
export * from './context.ts';
export { DELETIONS, grantDeletion } from './deletion.ts';
export * from './devices.ts';
export { people, personEntry, tellPerson } from './directory.ts';
export * from './ended-lists.ts';
export * from './enrolment.ts';
export * from './erase-keys.ts';
export { signingKeyOf } from './lookup.ts';
export * from './messages.ts';
export * from './people.ts';
export * from './policies.ts';
export * from './policy-keys.ts';
export * from './reports.ts';
export * from './revoke.ts';
export * from './shares.ts';
export * from './streams.ts';
