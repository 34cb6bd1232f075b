/**
 * Connection: the way from a command to the program that does the work. To a device: through its running agent when
 * one answers, else the device is opened in this process. To an enterprise server: its API and an
 * administrator's token.
 */
export { adminFlags, withAdmin } from './admin.ts';
export { type Call, deviceState, stateFlag, withDevice } from './device.ts';
export { serverIdentity } from './identity.ts';
