/**
 * Mbox: mail messages one after the other, each behind a line that begins with `From ` (RFC 4155). Lines of a
 * message that would look so are quoted with `>` (mboxrd); the quoting is part of the bytes and stays. Also how the
 * header of a message (RFC 5322) is read, for what its uid, title and time are.
 */
export { mboxCutter } from './cutter.ts';
export { MessageFacts, messageFacts } from './message.ts';
