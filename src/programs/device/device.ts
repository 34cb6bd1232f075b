/** The device in this process: checks a call, does it, and answers it. */
import {
  type DeviceTransport,
  isOperation,
  type OperationName,
  operations,
  type ParamsOf,
  type RunningEvent,
  type TransportOptions,
} from '../../api/device/index.ts';
import { describeIssues } from '../../api/problem/index.ts';
import { systemClock } from '../../lib/clock.ts';
import type { AgentHooks, DeviceConfig, OperationContext, Parsed } from './context.ts';
import { DeviceError } from './errors.ts';
import { handlers } from './handlers.ts';
import { Home } from './home/index.ts';
import { toProblem } from './problem.ts';
import { progressReporter } from './reporter.ts';

/** A device of this process: `callDevice(device.transport, …)`. */
export interface Device extends DeviceTransport {
  readonly transport: DeviceTransport;
  /** Ends running calls, and waits for them. */
  close(): Promise<void>;
}

/** Opens the device that a state directory holds, or will hold. Nothing is read or made before the first call. */
export async function openDevice(config: DeviceConfig, agent?: AgentHooks): Promise<Device> {
  const home = new Home(config.state);
  const clock = config.clock ?? systemClock;
  const closing = new AbortController();
  const running = new Set<Promise<void>>();

  const call = async (
    name: OperationName,
    raw: unknown,
    { onEvent, signal }: TransportOptions,
  ): Promise<void> => {
    const ending = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    const reporter = progressReporter(onEvent);
    const context: OperationContext = { home, clock, agent, emit: reporter.emit, signal: ending };
    try {
      const params = parse(name, raw);
      ending.throwIfAborted();
      const value = await perform(name, context, params);
      await reporter.flush();
      await onEvent({ kind: 'result', value });
    } catch (error) {
      await reporter.flush();
      await onEvent({ kind: 'problem', problem: toProblem(error, ending.aborted, home.path) });
    }
  };

  const transport: DeviceTransport = {
    call(name, raw, options) {
      const called = call(name, raw, options).finally(() => running.delete(called));
      running.add(called);
      return called;
    },
  };
  return {
    transport,
    call: transport.call,
    async close() {
      closing.abort();
      await Promise.allSettled(running);
    },
  };
}

function perform<N extends OperationName>(
  name: N,
  context: OperationContext,
  params: Parsed<N>,
): Promise<unknown> {
  return handlers[name](context, params);
}

function parse<N extends OperationName>(name: N, raw: unknown): ParamsOf<N> {
  if (!isOperation(name)) throw new DeviceError('ERR_USAGE', 'there is no such operation');
  // Once: compiling the schema would cost more than it saves.
  const parsed = operations[name].params.safeParse(raw, { jitless: true });
  if (parsed.success) return parsed.data as ParamsOf<N>;
  throw new DeviceError('ERR_USAGE', `${name}: ${describeIssues(parsed.error.issues, 'parameters')}`);
}

export type { RunningEvent };
