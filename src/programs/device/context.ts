/** What an operation is given to work with. */
import type { OperationName, ParamsOf, ResultOf, RunningEvent, Upcoming } from '../../api/device/index.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Home } from './home/index.ts';

export interface DeviceConfig {
  /** The state directory; made when something is to be kept. */
  readonly state: string;
  readonly clock?: Clock;
}

/** The agent around the device, when there is one. */
export interface AgentHooks {
  /** Ends the agent once the answer is out. */
  stop(): void;
  /** The enrolment, the policy or the sources have changed. */
  wake(): void;
  /** The next backup by schedule, as far as the agent has looked. */
  upcoming(): Upcoming | undefined;
}

export interface OperationContext {
  readonly home: Home;
  readonly clock: Clock;
  /** Says something on the way; awaited where a flood has to wait for a slow reader. */
  readonly emit: (event: RunningEvent) => void | Promise<void>;
  readonly signal: AbortSignal;
  readonly agent: AgentHooks | undefined;
  /** How long to wait for a storage area that goes away on the way, ms (B17); default: two minutes. */
  readonly wait?: number | undefined;
}

/** Does the work of one operation. Throws errors of ours; the result follows the table of operations. */
export type Handler<N extends OperationName> = (
  context: OperationContext,
  params: Parsed<N>,
) => Promise<ResultOf<N>>;

/** Parameters that were checked. No operation has defaults in its schema, so what was written is what came out. */
export type Parsed<N extends OperationName> = ParamsOf<N>;

export const notice = (context: OperationContext, code: string, message: string): void => {
  void context.emit({ kind: 'notice', code, message });
};
