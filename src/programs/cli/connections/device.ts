import { resolve } from 'node:path';
import type { Command } from 'commander';
import type {
  DeviceTransport,
  OperationName,
  ParamsOf,
  ResultOf,
  RowEvent,
  RunningEvent,
} from '../../../api/device/index.ts';
import type { Context } from '../invocation.ts';
import { dataDirectory, flag } from '../settings/index.ts';

/** Calls one operation of the device. */
export type Call = <N extends OperationName>(operation: N, params: ParamsOf<N>) => Promise<ResultOf<N>>;

export const stateFlag = (command: Command): Command =>
  flag(
    command,
    'device',
    '--state <DIR>',
    'state directory of the device; default: holdfast in the XDG data directory',
  );

export const deviceState = ({ settings }: Context): string =>
  resolve(settings.text('state') ?? dataDirectory());

/**
 * Connects to the device of `--state`, works with it, and lets go of it again. What it says on the way becomes
 * progress, notices and (by `onRow`) rows.
 */
export async function withDevice<T>(
  context: Context,
  work: (call: Call) => Promise<T>,
  onRow?: (row: RowEvent) => void,
): Promise<T> {
  const { callDevice } = await import('../../../api/device/index.ts');
  const device = await connect(deviceState(context));
  const { output, signal } = context;
  const onEvent = (event: RunningEvent): void => {
    if (event.kind === 'progress') output.progress(event);
    else if (event.kind === 'notice') output.notice(event.code, event.message);
    else onRow?.(event);
  };
  try {
    return await work((operation, params) =>
      callDevice(device.transport, operation, params, { signal, onEvent }),
    );
  } finally {
    await device.close();
  }
}

async function connect(state: string): Promise<{ transport: DeviceTransport; close(): Promise<void> }> {
  const { agentSocket, isServed, openDevice, refuseForeignSocket, socketTransport } = await import(
    '../../device/index.ts'
  );
  const socket = agentSocket(state);
  await refuseForeignSocket(socket);
  if (await isServed(socket)) return { transport: socketTransport(socket), close: async () => {} };
  return openDevice({ state });
}
