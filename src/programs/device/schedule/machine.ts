/** Whether now is a bad time to back up, where the system tells; where it does not, it is not. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hold } from '../../../api/device/index.ts';

/** Where Linux tells, and Android in Termux by its tools; elsewhere nothing is there. */
export interface MachineFiles {
  /** Documentation/ABI/testing/sysfs-class-power */
  readonly power: string;
  /** proc(5), `/proc/net/route` */
  readonly routes: string;
  /** Where tools are looked for, as in `PATH`. */
  readonly tools?: string;
}

const LINUX: MachineFiles = { power: '/sys/class/power_supply', routes: '/proc/net/route' };

/** Below this many percent a battery is low. */
const LOW = 20;
/** A tool that does not answer within this time tells nothing, ms. */
const PATIENCE = 2_000;

/** @returns why not now, or undefined */
export async function machineHold(files: MachineFiles = LINUX): Promise<Hold | undefined> {
  if (await isBatteryLow(files)) return 'battery';
  if (await isMetered(files)) return 'metered';
  return undefined;
}

/** All batteries of the machine itself are low, and nothing charges them. */
async function isBatteryLow({ power, tools }: MachineFiles): Promise<boolean> {
  const supplies = await readdir(power).catch(() => undefined);
  // Android keeps that from apps; the tool of Termux:API asks for it.
  if (!supplies) return isLowAnswer(await ask('termux-battery-status', [], tools));
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

/** What the tool of Termux:API says, as JSON. */
export function isLowAnswer(answer: string): boolean {
  try {
    const { percentage, plugged } = JSON.parse(answer) as { percentage?: unknown; plugged?: unknown };
    return typeof percentage === 'number' && percentage < LOW && plugged === 'UNPLUGGED';
  } catch {
    return false;
  }
}

/** What NetworkManager says of the interface of the default route; without its tool, of its primary connection. */
async function isMetered({ routes, tools }: MachineFiles): Promise<boolean> {
  const name = defaultInterface(await readFile(routes, 'utf8').catch(() => ''));
  if (name === undefined) return false;
  const words = ['-t', '-f', 'GENERAL.METERED', 'device', 'show', name];
  const answer = await ask('nmcli', words, tools);
  return answer === '' ? isMeteredProperty(await ask('busctl', PROPERTY, tools)) : isMeteredAnswer(answer);
}

/** NetworkManager's D-Bus interface: `Metered`, an NMMetered. */
const PROPERTY = [
  ...['--system', 'get-property', 'org.freedesktop.NetworkManager', '/org/freedesktop/NetworkManager'],
  ...['org.freedesktop.NetworkManager', 'Metered'],
];

/** NM_METERED_YES and NM_METERED_GUESS_YES. */
export const isMeteredProperty = (answer: string): boolean => /^u [13]$/m.test(answer);

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
function ask(tool: string, words: readonly string[], tools = process.env.PATH ?? ''): Promise<string> {
  const env = { PATH: tools, LC_ALL: 'C' };
  return new Promise((resolve) => {
    execFile(tool, words, { timeout: PATIENCE, env, maxBuffer: 4096 }, (error, stdout) =>
      resolve(error ? '' : stdout),
    );
  });
}
