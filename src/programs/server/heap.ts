import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { keepMemoryFlat } from '../../platform/node.ts';

/** By how much the heap may grow, beyond what was alive when it was last collected, before it is collected again. */
const GROWTH = 40;

/**
 * Keeps memory near what is alive: thousands of devices that ask at once leave as many dead objects, and V8 would not
 * look after them before there are some hundred MiB. It takes that size by its first collection: this is it.
 */
export function keepHeapSmall(): void {
  keepMemoryFlat();
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
