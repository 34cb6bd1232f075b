import { systemClock } from '../../../lib/clock.ts';
import type { DeviceConfig } from '../context.ts';
import { openDevice } from '../device.ts';
import { Home, Lock } from '../home/index.ts';
import { serveSocket } from '../socket/index.ts';
import { keepScheduled, type Scheduled } from './scheduled.ts';
import { type AgentEvent, watchPolicy } from './watch.ts';

export type { AgentEvent } from './watch.ts';

export interface AgentConfig extends DeviceConfig {
  readonly log?: (event: AgentEvent) => void;
}

export interface Agent {
  readonly socket: string;
  /** Ends running operations (they answer `interrupted`), the stream and the socket. */
  close(): Promise<void>;
  /** Resolves when it has ended, by `close` or by operation `stop`. */
  readonly closed: Promise<void>;
  /** Has its end cut a scheduled backup short? The next agent goes on with it. */
  interrupted(): boolean;
}

/**
 * Starts the agent of a state directory.
 * @throws DeviceError `ERR_BUSY` when it has one already
 */
export async function start(config: AgentConfig): Promise<Agent> {
  const home = new Home(config.state);
  const clock = config.clock ?? systemClock;
  const log = config.log ?? (() => {});
  await home.make();
  const lock = await Lock.take(home, 'agent', { task: 'agent' });
  const ending = new AbortController();
  let scheduled: Scheduled | undefined;
  const changed = () => scheduled?.wake();
  const watch = watchPolicy({ home, clock, signal: ending.signal, log, changed });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let closing: Promise<void> | undefined;

  const device = await openDevice(config, {
    wake: () => {
      watch.wake();
      changed();
    },
    upcoming: () => scheduled?.upcoming(),
    // The answer goes out first.
    stop: () => void setImmediate(() => void close()),
  });
  const served = await serveSocket(home.socket, device.transport).catch(async (error: unknown) => {
    ending.abort();
    await watch.done;
    lock.release();
    throw error;
  });

  scheduled = keepScheduled({ home, clock, transport: device.transport, signal: ending.signal, log });

  function close(): Promise<void> {
    closing ??= (async () => {
      ending.abort();
      await served.close();
      await device.close();
      await Promise.all([watch.done, scheduled?.done]);
      lock.release();
      resolve();
    })();
    return closing;
  }
  return { socket: home.socket, close, closed, interrupted: () => scheduled?.interrupted() === true };
}
