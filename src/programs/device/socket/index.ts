/**
 * Socket: the device API over HTTP/1.1 on a Unix socket of mode 0600 in the state directory. Who may open it is
 * the user who may read the state directory anyway; there is no other check on this side, and no way to it from a
 * network. Who calls looks whose it is first (`trust.ts`).
 */
export * from './client.ts';
export * from './server.ts';
export * from './trust.ts';
