/**
 * Owner: a device that belongs to a person and no server (U4). What a server's policy messages give elsewhere, its owner
 * gives with a way in at hand: access to storage areas, and the record that says whose manifests count.
 */
import type { WayIn } from '../../../custody/wim/index.ts';

export { openArea } from './area.ts';
export * from './areas.ts';
export * from './change.ts';
export { changeRecord } from './change-record.ts';
export * from './end.ts';
export * from './found.ts';
export * from './grants.ts';
export { openPersonal, type RecordHost } from './host.ts';
export * from './init.ts';
export * from './open.ts';
export * from './records.ts';
export * from './show.ts';
export * from './sign.ts';
export * from './way.ts';

/** A way back is proved before it is needed (U5). */
export const proveWays = async (ways: readonly WayIn[]): Promise<void> =>
  (await import('./prove.ts')).proveWays(ways);
