/**
 * Agent: the device as a process that stays (`holdfast device run`). It holds the server's stream, so that a policy
 * is in force moments after it was pushed (B2), sends what waits, and serves the device API on its socket.
 */
export * from './agent.ts';
