/**
 * Area: the wire between a storage area and those who use it (design: "Storage area over HTTP", N7, N8). Names and
 * limits of stored objects, the URI of an area, header fields, and the JSON that an area answers. What a grant and
 * a proof are is said in `api/grant`; docs/format/area.md is the specification of both.
 */
export * from './digest.ts';
export * from './errors.ts';
export * from './names.ts';
export * from './uri.ts';
export * from './wire.ts';
