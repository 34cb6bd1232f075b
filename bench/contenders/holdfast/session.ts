import { join } from 'node:path';
import { kinds } from '../../data/index.ts';
import { command, storedBytes } from '../../measure/index.ts';
import type { Beside, ContenderOptions, Session } from '../contender.ts';
import { wordsOf } from './words.ts';
import type { World } from './world.ts';

/** @param file the backup file, when it is not to a storage area */
export function session(
  directory: string,
  world: World,
  file: string | undefined,
  { profile }: ContenderOptions,
): Session {
  const target = (phase: string): string => join(directory, `restored-${phase}`);
  const repository = file ?? world.storage;
  let stored = 0;
  return {
    target,
    restored: (phase, folder) => join(target(phase), kinds[folder].database),
    async run(phase, item) {
      const words = wordsOf({ phase, item, target: target(phase), ...(file === undefined ? {} : { file }) });
      if (!words) return undefined;
      const node =
        profile === undefined
          ? []
          : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${phase}.cpuprofile`];
      const before = stored;
      const used = world.mark();
      const { environment } = world;
      const { wall, cpu, peak } = await command(world.device(words, node), { environment, quiet: true });
      const services: Record<string, Beside> = {};
      let proxy: number | undefined;
      let all = cpu;
      for (const [name, one] of Object.entries(used())) {
        if (name.endsWith('proxy')) proxy = (proxy ?? 0) + one.cpu;
        else {
          services[name] = one;
          all += one.cpu;
        }
      }
      stored = await storedBytes(repository);
      const cost = { wall, cpu: all, peak, stored, added: stored - before, services };
      return proxy === undefined ? cost : { ...cost, proxy };
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
