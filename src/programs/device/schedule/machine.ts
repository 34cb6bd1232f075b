/** Whether now is a bad time to back up, where the system tells; where it does not, it is not. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hold } from '../../../api/device/index.ts';

/** Where Linux tells; elsewhere nothing is there. */
export interface MachineFiles {
  /** Documentation/ABI/testing/sysfs-class-power */
  readonly power: string;
  /** proc(5), `/proc/net/route` */
  readonly routes: string;
}

const LINUX: MachineFiles = { power: '/sys/class/power_supply', routes: '/proc/net/route' };

/** Below this many percent a battery is low. */
const LOW = 20;
/** A tool that does not answer within this time tells nothing, ms. */
const PATIENCE = 2_000;

/** @returns why not now, or undefined */
export async function machineHold(files: MachineFiles = LINUX): Promise<Hold | undefined> {
  if (await isBatteryLow(files.power)) return 'battery';
  if (await isMetered(files.routes)) return 'metered';
  return undefined;
}

/** All batteries of the machine itself are low, and nothing charges them. */
async function isBatteryLow(power: string): Promise<boolean> {
  const supplies = await readdir(power).catch(() => []);
  let [low, enough] = [false, false];
  for (const supply of supplies) {
    const told = async (name: string): Promise<string> =>
      (await readFile(join(power, supply, name), 'utf8').catch(() => '')).trim();
    // Mice and keyboards have batteries too.
    if ((await told('scope')) === 'Device') continue;
    if ((await told('type')) !== 'Battery') {
      if ((await told('online')) === '1') return false;
      continue;
    }
    if ((await told('present')) === '0') continue;
    if ((await told('status')) !== 'Discharging') {
      enough = true;
      continue;
    }
    const percent = Number.parseInt(await told('capacity'), 10);
    const level = await told('capacity_level');
    if (percent < LOW || level === 'Low' || level === 'Critical') low = true;
    else enough = true;
  }
  return low && !enough;
}

/** What NetworkManager says of the interface of the default route. */
async function isMetered(routes: string): Promise<boolean> {
  const name = defaultInterface(await readFile(routes, 'utf8').catch(() => ''));
  return (
    name !== undefined && isMeteredAnswer(await ask(['-t', '-f', 'GENERAL.METERED', 'device', 'show', name]))
  );
}

/** Of several default routes the one with the smallest metric. IPv4 only: a network that has none tells nothing. */
export function defaultInterface(table: string): string | undefined {
  const routes = table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name, destination, , flags, , , metric, mask] = line.trim().split(/\s+/);
      const isUp = (Number.parseInt(flags ?? '', 16) & 1) === 1;
      const isDefault = destination === '00000000' && mask === '00000000' && isUp;
      return isDefault && name ? [{ name, metric: Number(metric) }] : [];
    });
  return routes.sort((a, b) => a.metric - b.metric)[0]?.name;
}

/** `yes` was set, `yes (guessed)` is from the kind of network: both count, as NetworkManager advises. */
export const isMeteredAnswer = (answer: string): boolean => /^GENERAL\.METERED:yes\b/m.test(answer);

/** Without the tool, or without an answer in time: nothing. */
function ask(words: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C' };
  return new Promise((resolve) => {
    execFile('nmcli', words, { timeout: PATIENCE, env, maxBuffer: 4096 }, (error, stdout) =>
      resolve(error ? '' : stdout),
    );
  });
}
