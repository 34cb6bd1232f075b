/**
 * Storage: the program behind a storage area (N7). It keeps immutable objects by name for those who prove that an
 * issuer of the area lets them, and can read nothing: no room that can decrypt is within its reach. Plain
 * `node:http`, streaming to disk; its only state is a directory.
 *
 * @example const storage = await start({ state: '/var/lib/holdfast-storage', listen: '127.0.0.1:0' });
 */
export {
  type AddArea,
  type AreaSummary,
  addArea,
  addIssuer,
  listAreas,
  removeIssuer,
} from './admin.ts';
export type { StorageConfig, StorageLimits } from './config.ts';
export { StorageError, type StorageErrorCode } from './errors.ts';
export { type RunningStorage, start } from './server.ts';
