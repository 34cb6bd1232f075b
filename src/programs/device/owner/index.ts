/**
 * Owner: a device that belongs to a person and no server (U4). What a server's policy messages give elsewhere, its owner
 * gives with a way in at hand: access to storage areas, and the record that says whose manifests count.
 */
export * from './areas.ts';
export * from './found.ts';
export * from './grants.ts';
export * from './init.ts';
export * from './open.ts';
export * from './records.ts';
export * from './show.ts';
export * from './way.ts';
