/**
 * X.509: certificates for keys that a token made (RFC 5280), so that it carries what other programs and other
 * terminals look for. They say whose keys these are and no more: trust comes from the owner record, never from a
 * chain of certificates.
 */
export * from './certificate.ts';
