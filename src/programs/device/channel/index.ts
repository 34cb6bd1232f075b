/**
 * Channel: the device and its enterprise server (B1-B4, B15). Enrolment; messages down, reports up; and what goes
 * on when the server does not answer. Messages prove themselves: nothing here depends on the way they took.
 */

export { ServerBusyError } from './busy.ts';
export * from './clock.ts';
export * from './ending.ts';
export * from './enrolment.ts';
export * from './exchange.ts';
export * from './fresh.ts';
export * from './link.ts';
export * from './outbox.ts';
export * from './session.ts';
export * from './told.ts';
export * from './unsent.ts';
