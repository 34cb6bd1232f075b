/**
 * Connection: this program's end of a module's process. It is started with the first request, takes one request at a
 * time, and is ended with the connection; when it ends by itself, or a token goes away, that is one error of ours and
 * nothing else here is touched.
 */
export * from './connection.ts';
