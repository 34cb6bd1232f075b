import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServerError } from './errors.ts';
import type { ServerLimits } from './limits.ts';

/** A server that nobody can hold up by sending slowly, or never (slowloris). */
export function makeServer(limits: ServerLimits): Server {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    connectionsCheckingInterval: Math.max(100, Math.min(5000, limits.headers / 2)),
    keepAliveTimeout: limits.keepAlive,
    noDelay: true,
  });
  server.timeout = limits.idle;
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = limits.requestsPerSocket;
  server.maxHeadersCount = 50;
  return server;
}

/**
 * Connections that the system keeps until they are taken, which is one for each turn of the event loop (libuv 1.52):
 * a herd of those that it dropped would come again by TCP's time. It may have a lower bound (`net.core.somaxconn`).
 */
const BACKLOG = 4096;

/** @returns the port */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'something else listens there' : cause.message;
      reject(new ServerError('ERR_SERVER_STATE', `cannot listen on ${host}:${port}: ${why}`, { cause }));
    });
    server.listen({ port, host, backlog: BACKLOG }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Requests that were begun are answered; connections that do nothing are closed; after a while all are. */
export async function stop(server: Server, patience = 2000): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), patience);
  await closed;
  clearTimeout(timer);
}
