/** A device of a world: called in this process, or by the real command line. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AdminClient } from '../../src/api/client/index.ts';
import {
  callDevice,
  type OperationName,
  operations,
  type ParamsOf,
  type ResultOf,
  type RunningEvent,
} from '../../src/api/device/index.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { type Device, openDevice } from '../../src/programs/device/index.ts';
import { type Ended, holdfast, type RunOptions } from '../e2e/cli-command.ts';

export class WorldDevice {
  readonly user: string;
  readonly name: string;
  /** Its state directory. */
  readonly state: string;
  /** Everything said during the last call. */
  events: RunningEvent[] = [];
  readonly #device: Promise<Device>;
  #id: string | undefined;

  constructor(user: string, name: string, state: string, clock?: Clock) {
    this.user = user;
    this.name = name;
    this.state = state;
    this.#device = openDevice({ state, ...(clock && { clock }) });
  }

  /** As the server knows it. */
  get id(): string {
    if (this.#id === undefined) throw new Error(`${this.user}/${this.name} is not enrolled`);
    return this.#id;
  }

  /** Codes of the notices given during the last call. */
  get notices(): string[] {
    return this.events.flatMap((event) => (event.kind === 'notice' ? [event.code] : []));
  }

  /** An operation of the device API, in this process. */
  async call<N extends OperationName>(operation: N, params: ParamsOf<N>): Promise<ResultOf<N>> {
    this.events = [];
    const { transport } = await this.#device;
    return callDevice(transport, operation, params, { onEvent: (event) => void this.events.push(event) });
  }

  /** A command of the real command line, for this device. */
  cli(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return holdfast([...args, '--state', this.state], options);
  }

  async enrol(code: string): Promise<void> {
    await mkdir(dirname(this.state), { recursive: true });
    this.#id = (await this.call('enrol', { code })).device;
  }

  /** Is it enrolled, by whatever command? */
  async enrolled(): Promise<boolean> {
    const { enrolment, device } = await this.call('status', {});
    if (enrolment !== 'enrolled') return false;
    this.#id = device;
    return true;
  }

  async close(): Promise<void> {
    await (await this.#device).close();
  }
}

/** By a fresh code of the device's user. */
export async function enrol(admin: AdminClient, device: WorldDevice): Promise<WorldDevice> {
  const { code } = await admin.makeCode({ user: device.user });
  await device.enrol(code);
  return device;
}

/** The last line of what `--json` prints: the result of an operation. */
export function resultOf<N extends OperationName>(
  operation: N,
  { code, stdout, stderr }: Ended,
): ResultOf<N> {
  const line = stdout.trim().split('\n').at(-1);
  if (!line) throw new Error(`no result, exit ${code}: ${stderr}`);
  return operations[operation].result.parse(JSON.parse(line)) as ResultOf<N>;
}
