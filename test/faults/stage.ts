/** Where faults happen: a server and a storage as real processes, and for each fault a user with devices of their own. */
import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../world/programs.ts';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';
import { expect } from './finding.ts';
import { type Died, type Fault, Victim } from './program.ts';
import { type Data, type DataSize, makeData, PARTS, parts } from './trees.ts';

export interface Wish {
  readonly size: DataSize;
  readonly seed: number;
  /** Another device of the user, which restores and verifies. */
  readonly reader?: boolean;
  /** False: the phone is not enrolled yet, and has no sources. */
  readonly enrolled?: boolean;
  /** What it has; default: made for it alone. */
  readonly data?: Data;
}

/** The user of one fault. */
export interface Subject {
  readonly root: string;
  readonly scratch: string;
  readonly data: Data;
  readonly phone: WorldDevice;
  readonly reader: WorldDevice;
}

export class Stage implements AsyncDisposable {
  readonly world: World;
  #count = 0;

  private constructor(it: World) {
    this.world = it;
  }

  static async open(): Promise<Stage> {
    process.env.TMPDIR = scratchDisk();
    return new Stage(await world({ kind: 'processes', users: {}, policies: [ALLOW_ALL] }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }

  async subject({ size, seed, reader, enrolled = true, data: given }: Wish): Promise<Subject> {
    const number = this.#count++;
    const user = `user-${number}`;
    const root = join(this.world.directory, `case-${number}`);
    const scratch = join(root, 'scratch');
    mkdirSync(scratch, { recursive: true });
    await this.world.admin.addUser(user);
    const data = given ?? makeData(join(root, 'data'), size, seed, 0);
    const phone = enrolled ? await this.world.enrol(user, 'phone') : this.world.stranger('phone', user);
    const other = reader ? await this.world.enrol(user, 'reader') : phone;
    const subject = { root, scratch, data, phone, reader: other };
    if (enrolled) await this.addSources(subject);
    return subject;
  }

  async addSources({ phone, data }: Subject): Promise<void> {
    for (const part of parts) {
      const { database, kind } = PARTS[part];
      await phone.call('sourceAdd', { database, kind, path: data[part] });
    }
  }

  /** Takes away what a subject left on disk. */
  async clear({ root, phone, reader }: Subject): Promise<void> {
    for (const device of new Set([phone, reader])) await device.close();
    rmSync(root, { recursive: true, force: true });
    rmSync(phone.state, { recursive: true, force: true });
  }

  /** A command of the phone, which is the one to die. */
  async kill(
    { phone, scratch }: Subject,
    args: readonly string[],
    fault: Fault,
    ...roots: string[]
  ): Promise<Died> {
    const full = [...args, '--state', phone.state];
    const victim = await Victim.start(full, fault, scratch, [phone.state, ...roots]);
    return victim.ended();
  }

  /** While `body` runs, the server or the storage is the one to die, and is started again. */
  async killing(
    name: 'server' | 'storage',
    { scratch }: Subject,
    fault: Fault,
    body: () => Promise<void>,
  ): Promise<Died> {
    const program: Program = this.world[name];
    await program.stop();
    const listen = new URL(program.url).host;
    const args = [name, 'start', '--state', program.state, '--listen', listen, '--json'];
    const victim = await Victim.start(args, fault, scratch, [program.state]);
    await victim.listening();
    const done = body();
    // It is back at once: whoever was at work with it goes on, or gives up.
    const died = await Promise.race([victim.ended(), done.then(() => victim.ended(true))]);
    await program.start();
    await done;
    expect(
      died.signal === 'SIGKILL' || died.code === 0,
      'failure',
      () => `${name} ended with ${died.code}: ${died.stderr}`,
    );
    return died;
  }
}

/** Room for what the largest scenario moves about. */
const ROOM = 8 * 1024 ** 3;

/** In memory, where there is room: what a power failure takes is emulated, and thousands of syncs need no disk. */
function scratchDisk(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > ROOM ? memory : tmpdir();
}
