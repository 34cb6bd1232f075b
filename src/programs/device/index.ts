/**
 * Device: the terminal of the system (N1). It holds the keys, asks the policy, reads and writes the native
 * applications, and is the only program that seals and opens backups. Everything it can do it does through one
 * API (`api/device`): in this process (`openDevice`), or through the socket of an agent that runs (`start`).
 */
import { keepMemoryFlat } from '../../platform/node.ts';
import type { Agent, AgentConfig } from './agent/index.ts';
import type { DeviceConfig } from './context.ts';
import type { Device } from './device.ts';
import { Home } from './home/index.ts';

export type { Agent, AgentConfig, AgentEvent } from './agent/index.ts';
export type { DeviceConfig } from './context.ts';
export type { Device } from './device.ts';
export type { ServicePlan, ServiceWish } from './service/index.ts';
export { isServed, refuseForeignSocket, socketTransport } from './socket/index.ts';

/** Where the agent of a state directory serves the device API. */
export const agentSocket = (state: string): string => new Home(state).socket;

/**
 * Opens a device in this process. Its rooms are loaded by the operations that need them.
 * @example
 * const device = await openDevice({ state: '/home/me/.local/share/holdfast' });
 * const { enrolment } = await callDevice(device.transport, 'status', {});
 */
export async function openDevice(config: DeviceConfig): Promise<Device> {
  keepMemoryFlat();
  const room = await import('./device.ts');
  return room.openDevice(config);
}

/** Starts the agent: the stream of policy messages, and the socket. */
export async function start(config: AgentConfig): Promise<Agent> {
  keepMemoryFlat();
  const room = await import('./agent/index.ts');
  return room.start(config);
}

/** The agent as a service of the system: what would be written, writing it, removing it. */
export const serviceRoom = () => import('./service/index.ts');
