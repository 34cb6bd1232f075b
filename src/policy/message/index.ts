/**
 * Policy message: what server and device say to each other, signed and sealed end to end so that no network,
 * gateway or computer in between can read or alter it (B3, B4, B15). Enrolment binds both sides' keys; policy
 * messages bring rules, keys and commands to the device; reports bring acknowledgements, failures and heads back.
 * Bytes, values and a clock in, values out: nothing here keeps state or opens a socket.
 * Normative: docs/format/policy-message.md.
 */
export * from './accept.ts';
export * from './certificate.ts';
export * from './compose.ts';
export * from './enrolment-answer.ts';
export * from './enrolment-code.ts';
export {
  composeEnrolmentRequest,
  type DeviceKeys,
  ENROLMENT_LIMIT,
  ENROLMENT_TYP,
  type EnrolmentRequest,
  type OpenedRequest,
  openEnrolmentRequest,
  type PlatformInfo,
  parseEnrolmentRequest,
} from './enrolment-request.ts';
export { signBytes } from './envelope.ts';
export * from './errors.ts';
export * from './keys.ts';
export * from './login.ts';
export * from './payload.ts';
export * from './person-entry.ts';
export * from './report.ts';
export * from './report-values.ts';
export { parseSection, understood } from './section-values.ts';
export { nextSection, nextSequence, type Section } from './sections.ts';
export * from './server-identity.ts';
export * from './time-answer.ts';
