import { DeviceError } from '../errors.ts';

export const noOwnKeys = (): DeviceError =>
  new DeviceError('ERR_NO_KEY', 'this device knows no keys of your own; run: holdfast wim use --wim FILE');
