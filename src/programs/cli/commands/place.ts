/** Where sets lie, as it is typed: the URI of a storage area, or a backup file. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { UsedSet } from '../../../api/device/index.ts';
import { CliError } from '../errors.ts';
import { flag, type Settings } from '../settings/index.ts';

export const fromFlag = (command: Command): Command =>
  flag(
    command,
    'device',
    '--from <URI|FILE>',
    'storage area, or a backup file; default: the first area that the policy names',
  );

/** Only what was said. */
export function from(settings: Settings): { from?: string } {
  const text = settings.text('from');
  return text === undefined ? {} : { from: place(text) };
}

/** As the device is told: a path does not depend on where it runs. */
export const place = (text: string): string => (isArea(text) || text === '' ? text : resolve(text));

export const isArea = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** A set that goes no further than a checkpoint is said to be one. @throws CliError `ERR_PARTIAL` */
export function requireFinished(destination: string, set: Pick<UsedSet, 'unfinished'> | undefined): void {
  if (set?.unfinished)
    throw new CliError(
      'ERR_PARTIAL',
      `${destination} broke off while it was made: there is nothing in it behind its last checkpoint`,
    );
}
