/** What the devices and their server took, for people. */
import { type Machine, machineLine } from '../measure/index.ts';
import { grid } from '../report/grid.ts';

/** Seconds. */
export interface Cost {
  readonly wall: number;
  readonly serverCpu: number;
  /** Of all processes that play devices, on the same machine. */
  readonly devicesCpu: number;
}

interface Spread {
  readonly first: number;
  readonly half: number;
  readonly last: number;
}

/** A change of the policy of all; seconds since the administrator asked for it. */
export interface Push extends Cost {
  /** When the administrator had the answer. */
  readonly applied: number;
  readonly heard: Spread;
  /** Absent where the devices only listened. */
  readonly acknowledged?: Spread;
  /** Devices' attempts that failed, so far. */
  readonly failures: number;
  /** How often devices were asked to come again, so far. */
  readonly again: number;
}

export interface DevicesReport {
  readonly v: number;
  readonly date: string;
  readonly machine: Machine;
  readonly version: string;
  readonly devices: number;
  readonly users: number;
  readonly processes: number;
  readonly enrolment?: {
    readonly codesPerSecond: number;
    readonly perSecond: number;
    readonly thousand?: number;
    readonly serverCpu: number;
  };
  readonly settle: Cost;
  readonly connect: Cost;
  /** Bytes: the server with all connected, its largest size until all were told, and that with the list of all. */
  readonly resident: number;
  readonly peak: number;
  readonly listing: number;
  /** All only listen: the wake-up itself. */
  readonly wake: Push;
  /** Then all fetch and acknowledge at once what they were told. */
  readonly fetch: Push;
  /** All listen, fetch and acknowledge. */
  readonly push: Push;
  /** `admin device list`. */
  readonly list: Cost;
  /** Devices that have acknowledged the newest message, as the server says, after the first change. */
  readonly current: number;
}

export function describeDevices(report: DevicesReport): string {
  const { devices, enrolment, settle, connect, push, wake, list } = report;
  const all = devices.toLocaleString('en-US');
  const each = (seconds: number): string => `${((seconds / devices) * 1000).toFixed(2)} ms each`;
  const cost = (one: Cost): string[] =>
    [one.wall, one.serverCpu, one.devicesCpu].map((value) => value.toFixed(1));
  const rows = [
    ['first message fetched and acknowledged by all', ...cost(settle), `server ${each(settle.serverCpu)}`],
    ['all connected', ...cost(connect), `server ${mebibytes(report.resident)} MiB`],
    ['another policy, all only listen', ...cost(wake), pushed(wake)],
    [
      'then it is fetched and acknowledged by all',
      ...cost(report.fetch),
      `server ${each(report.fetch.serverCpu)}`,
    ],
    ['another policy, acknowledged by all', ...cost(push), pushed(push)],
    ['list of all devices for the administrator', ...cost(list), `server ${mebibytes(report.listing)} MiB`],
  ];
  const enrolled = enrolment
    ? `Codes: ${enrolment.codesPerSecond.toFixed(0)} a second; enrolment: ${enrolment.perSecond.toFixed(0)} devices a second${enrolment.thousand === undefined ? '' : `, a thousand in ${enrolment.thousand.toFixed(1)} s`}; server ${each(enrolment.serverCpu)}, both together.`
    : '';
  return [
    `${report.date}; ${machineLine(report.machine)}; ${report.version}.`,
    `${all} devices of ${report.users.toLocaleString('en-US')} users in ${report.processes} processes, on the same machine as the server.`,
    enrolled,
    grid(['what', 'wall s', 'server CPU s', 'devices CPU s', ''], rows, 1),
    `Failed attempts of devices: ${push.failures}; asked to come again: ${push.again}. The server says that ${report.current.toLocaleString('en-US')} have acknowledged what was sent last.`,
    grid(['goal', 'limit', 'measured', ''], goals(report), 1),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function pushed({ heard, acknowledged, applied }: Push): string {
  const told = `answered ${applied.toFixed(2)} s; heard: half ${heard.half.toFixed(2)}, last ${heard.last.toFixed(2)}`;
  return acknowledged
    ? `${told}; acknowledged: half ${acknowledged.half.toFixed(1)}, last ${acknowledged.last.toFixed(1)}`
    : told;
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

function goals({ devices, push, wake, resident, peak }: DevicesReport): string[][] {
  const of = `${devices.toLocaleString('en-US')} devices`;
  const row = (goal: string, value: number, most: number): string[] => {
    const verdict = value <= most ? 'met' : `misses by ${((value / most - 1) * 100).toFixed(0)} %`;
    return [`${of}: ${goal}`, `≤ ${most}`, value.toFixed(value < 10 ? 2 : 0), verdict];
  };
  return [
    row('MiB of the server, all connected', resident / 2 ** 20, 400),
    row('MiB of the server, largest', peak / 2 ** 20, 400),
    row('seconds until the last has acknowledged', push.acknowledged?.last ?? Number.NaN, 60),
    row('seconds until the last is woken, when all only listen', wake.heard.last, 1),
  ];
}
