/** Operations `ping` and `stop`. */
import type { Handler } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { version } from '../version.ts';

export const ping: Handler<'ping'> = async () => ({ version: version(), pid: process.pid });

export const stop: Handler<'stop'> = async ({ agent }) => {
  if (!agent) throw new DeviceError('ERR_USAGE', 'no agent is running; there is nothing to stop');
  agent.stop();
  return { stopping: true };
};
