/**
 * Grant: what an issuer that an area trusts (the enterprise server, one of the user's ways in) lets one device do
 * there: rights, place, until when. It is bound to the device's key and worth nothing without it, so a gateway may
 * see it: with each request goes a proof, a small signature by that key over what is asked. And the ended keys:
 * an issuer's signed list of device keys whose grants no longer count. docs/format/area.md is the specification.
 */
export * from './ended.ts';
export * from './errors.ts';
export * from './grant.ts';
export { claimedKid, keySigner, type Signer } from './jws.ts';
export * from './keys.ts';
export * from './proof.ts';
