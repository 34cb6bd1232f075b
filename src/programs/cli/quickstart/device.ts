import { join } from 'node:path';
import type { OperationName, ParamsOf, ResultOf } from '../../../api/device/index.ts';
import type { Stage } from './stage.ts';

/** A phone of the play: the real device program, opened in this process. */
export interface DemoDevice {
  readonly state: string;
  call<N extends OperationName>(operation: N, params: ParamsOf<N>): Promise<ResultOf<N>>;
}

/** Opens a device with its own state directory below the stage's. */
export async function openDemoDevice(stage: Stage, name: string): Promise<DemoDevice> {
  const { openDevice } = await import('../../device/index.ts');
  const { callDevice } = await import('../../../api/device/index.ts');
  const state = join(stage.directory, name);
  const { transport, close } = await openDevice({ state });
  const device: DemoDevice = {
    state,
    call: (operation, params) => {
      stage.signal.throwIfAborted();
      return callDevice(transport, operation, params, { signal: stage.signal });
    },
  };
  stage.atEnd(close);
  return device;
}

/** Opens a device and enrols it with a fresh code of the user. */
export async function enrolDemoDevice(
  stage: Stage,
  name: string,
  user: string,
): Promise<DemoDevice & { id: string }> {
  const { code } = await stage.programs.admin.makeCode({ user });
  const device = await openDemoDevice(stage, name);
  const { device: id } = await device.call('enrol', { code });
  return { ...device, id };
}
