import { parseArgs } from 'node:util';
import { UsageError } from '../options.ts';

export interface DevicesOptions {
  readonly devices: number;
  /** Processes that play the devices. */
  readonly processes: number;
  /** Devices of one user. */
  readonly each: number;
  /** Directory with a state that is prepared once and used again. */
  readonly enrolled?: string;
  readonly json: boolean;
  /** The table goes into bench/README.md. */
  readonly write: boolean;
  /** Directory for the server's state, on the disk that is to be measured. */
  readonly dir?: string;
  /** Directory for CPU profiles of the server and of the processes. */
  readonly profiles?: string;
}

const USAGE = `usage: npm run bench -- --devices N [--processes P] [--each N] [--enrolled DIR]
                        [--json] [--write] [--dir DIR] [--profiles DIR]
  --devices    so many are enrolled, connected, and given another policy
  --processes  processes that play them; 2 unless told
  --each       devices of one user; 2 unless told
  --enrolled   directory for the enrolled devices and their server: made when it is not there, used again when it is
  --write      the table replaces the one in bench/README.md
  --dir        where the server's state lies; default: the system's temporary directory
  --profiles   CPU profiles of the server and of one process; slows them down`;

/** @throws UsageError that says what is wrong */
export function readDevicesOptions(words: readonly string[]): DevicesOptions {
  const { devices, processes, each, enrolled, dir, profiles, json, write, help } = parse(words);
  const counts = { devices: Number(devices), processes: Number(processes), each: Number(each) };
  if (help) throw new UsageError('what can be said:', USAGE);
  for (const [name, count] of Object.entries(counts))
    if (!Number.isInteger(count) || count < 1)
      throw new UsageError(`--${name}: a whole number from 1 on`, USAGE);
  return {
    ...{ ...counts, json, write },
    ...(enrolled === undefined ? {} : { enrolled }),
    ...(dir === undefined ? {} : { dir }),
    ...(profiles === undefined ? {} : { profiles }),
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        devices: { type: 'string', default: '' },
        processes: { type: 'string', default: '2' },
        each: { type: 'string', default: '2' },
        enrolled: { type: 'string' },
        dir: { type: 'string' },
        profiles: { type: 'string' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, USAGE);
  }
}
