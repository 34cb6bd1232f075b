import type { UsedSet } from '../../../api/device/index.ts';
import type { SetInfo } from '../../../backup/index.ts';

export const usedSet = ({ set, chain, device, counter, time, unfinished }: SetInfo): UsedSet => ({
  ...{ set, chain, device, counter, time },
  ...(unfinished && { unfinished }),
});
