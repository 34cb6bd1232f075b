/**
 * Policy message: what server and device say to each other, signed and sealed end to end so that no network,
 * gateway or computer in between can read or alter it (B3, B4, B15). Enrolment binds both sides' keys; policy
 * messages bring rules, keys and commands to the device; reports bring acknowledgements, failures and heads back.
 * Bytes, values and a clock in, values out: nothing here keeps state or opens a socket.
 * Normative: docs/format/policy-message.md.
 */
export * from './errors.ts';
export * from './interface.ts';
export * from './keys.ts';
export * from './payload.ts';
