/**
 * Enterprise server: enrols and manages devices of users in groups, turns policies into signed and sealed
 * messages, makes and keeps policy keys, certifies device keys, issues grants for storage areas, takes reports
 * (B1-B6, B14, B15). It never sees user data: neither the engine nor sources nor custody are reachable from here.
 *
 * `http/` adapts requests, `service/` does the work, `store/` remembers, `keys/` keeps the secrets.
 * Not included: mobile-device management beyond these messages, several administrators with roles, asymmetric
 * policy keys.
 */
export * from './errors.ts';
export type { ServerLimits } from './limits.ts';
export { jsonLog } from './log.ts';
export type { Log } from './service/index.ts';
export * from './start.ts';
