/** Which set a command works on: flags that several commands have. */
import type { Command } from 'commander';
import { systemClock } from '../../../lib/clock.ts';
import { flag, type Settings } from '../settings/index.ts';
import { parseCount } from './amounts.ts';
import { parseMoment } from './moment.ts';

export function whichSetFlags(command: Command): void {
  flag(
    command,
    'device',
    '--device <ID>',
    'the newest set of this device; default: this one, else the only other',
  );
  flag(command, 'device', '--set <ID>', 'this set');
  flag(
    command,
    'device',
    '--at <TIME>',
    'the newest set made by then: 2026-11-20, 2026-11-20T14:05, or 3d (ago)',
  );
  flag(
    command,
    'device',
    '--expect <NUMBER>',
    'refuse (exit 6) when the newest set there has a lower number than this, which you know of',
  );
}

export interface WhichSet {
  readonly device?: string;
  readonly set?: string;
  readonly at?: number;
  readonly expect?: number;
}

/** Only what was said: the device knows the defaults. */
export function whichSet(settings: Settings): WhichSet {
  const [device, set, at] = [settings.text('device'), settings.text('set'), moment(settings)];
  const expect = settings.text('expect');
  return {
    ...(device === undefined ? {} : { device }),
    ...(set === undefined ? {} : { set }),
    ...(at === undefined ? {} : { at }),
    ...(expect === undefined ? {} : { expect: parseCount('--expect', expect) }),
  };
}

/** What `--at` says, Unix ms. */
export function moment(settings: Settings): number | undefined {
  const text = settings.text('at');
  return text === undefined ? undefined : parseMoment('--at', text, systemClock());
}
