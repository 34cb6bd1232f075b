/** What connections may take; times in ms. A proxy in front has its own, which should be narrower. */
export interface ServerLimits {
  /** Until the head of a request is here; until all of it is; without a byte in either direction. */
  readonly headers: number;
  readonly request: number;
  readonly idle: number;
  /** How long a connection may wait for its next request. */
  readonly keepAlive: number;
  /** At once: each connected device holds one open. */
  readonly connections: number;
  readonly requestsPerSocket: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  headers: 15_000,
  request: 60_000,
  // Streams send a heartbeat every 15 s.
  idle: 120_000,
  keepAlive: 65_000,
  connections: 20_000,
  requestsPerSocket: 1000,
};
