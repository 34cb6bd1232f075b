import type { DeviceTransport } from '../../../api/device/index.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Home } from '../home/index.ts';
import type { AgentEvent } from './watch.ts';

/** What the agent's own work is done with: the device, by the same calls that others make. */
export interface Keeper {
  readonly home: Home;
  readonly clock: Clock;
  readonly transport: DeviceTransport;
  readonly signal: AbortSignal;
  readonly log: (event: AgentEvent) => void;
}
