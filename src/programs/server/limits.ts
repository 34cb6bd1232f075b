/** What connections may take, and all of them together; times in ms. A proxy in front has its own, which should be narrower. */
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
  /** Requests of devices, and enrolments, that are worked on at once; of each, so many wait. */
  readonly atOnce: number;
  readonly waiting: number;
  readonly enrolmentsAtOnce: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  headers: 15_000,
  request: 60_000,
  // Streams send a heartbeat every 15 s.
  idle: 120_000,
  keepAlive: 65_000,
  connections: 20_000,
  requestsPerSocket: 1000,
  // As many as share a transaction.
  atOnce: 64,
  waiting: 512,
  enrolmentsAtOnce: 16,
};
