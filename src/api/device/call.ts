/** The client's side of a call, whatever carries it. */
import { ProblemError } from '../problem/index.ts';
import { DeviceApiError } from './errors.ts';
import { deviceEventSchema, type RunningEvent } from './events.ts';
import { type OperationName, operations, type ParamsOf, type ResultOf } from './operations.ts';

/**
 * Carries one call: to an agent over its socket, or to a device in this process. Hands each event to `onEvent` as
 * it came (nothing is checked yet), and resolves after the last. Rejects when the way is broken.
 */
export interface DeviceTransport {
  call(operation: OperationName, params: unknown, options: TransportOptions): Promise<void>;
}

export interface TransportOptions {
  /** What it returns is awaited where a flood of events has to wait for a slow reader. */
  readonly onEvent: (event: unknown) => void | Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

export interface CallOptions {
  readonly onEvent?: ((event: RunningEvent) => void) | undefined;
  /** Aborting ends the operation on the device. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls an operation of a device.
 *
 * @throws ProblemError what the device answered; DeviceApiError when that was no answer
 * @example
 * const { sources } = await callDevice(transport, 'sourceList', {});
 */
export async function callDevice<N extends OperationName>(
  transport: DeviceTransport,
  operation: N,
  params: ParamsOf<N>,
  options: CallOptions = {},
): Promise<ResultOf<N>> {
  let end: { readonly value: unknown } | undefined;
  let problem: ProblemError | undefined;
  const onEvent = (raw: unknown): void => {
    const event = deviceEventSchema.safeParse(raw);
    if (!event.success || end || problem) throw notThisApi(operation, event.error);
    if (event.data.kind === 'result') end = event.data;
    else if (event.data.kind === 'problem') problem = new ProblemError(event.data.problem);
    else options.onEvent?.(event.data);
  };
  try {
    await transport.call(operation, params, { signal: options.signal, onEvent });
  } catch (cause) {
    if (!options.signal?.aborted) throw cause;
    throw new DeviceApiError('ERR_INTERRUPTED', `${operation}: stopped before it was done`, { cause });
  }
  if (problem) throw problem;
  if (!end)
    throw new DeviceApiError('ERR_DEVICE_GONE', `${operation}: the device went away before it was done`);
  // Once: compiling the schema would cost more than it saves.
  const result = operations[operation].result.safeParse(end.value, { jitless: true });
  if (!result.success) throw notThisApi(operation, result.error);
  return result.data as ResultOf<N>;
}

function notThisApi(operation: string, cause: unknown): DeviceApiError {
  const message = `${operation}: the device's answer does not follow the device API; is the agent of another version?`;
  return new DeviceApiError('ERR_DEVICE_API', message, { cause });
}
