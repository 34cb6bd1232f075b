/** Devices with everything that a real one has: users, codes and enrolments through the server's own API. */
import type { AdminClient } from '../../src/api/client/index.ts';
import { limited } from './limited.ts';
import type { Player } from './player.ts';

export interface Enrolling {
  readonly admin: AdminClient;
  readonly players: readonly Player[];
  /** State directories to be made. */
  readonly states: readonly string[];
  /** Devices of one user. */
  readonly each: number;
}

export interface Enrolled {
  /** Codes made, and devices enrolled, in a second. */
  readonly codesPerSecond: number;
  readonly perSecond: number;
  /** Seconds until a thousand of them were; absent when they are fewer. */
  readonly thousand?: number;
}

export async function enrolAll({ admin, players, states, each }: Enrolling): Promise<Enrolled> {
  const began = performance.now();
  const codes = await makeCodes(admin, states.length, each);
  const made = (performance.now() - began) / 1000;
  const start = performance.timeOrigin + performance.now();
  const parts = players.map((player, part) =>
    player.ask({
      kind: 'enrol',
      devices: states.flatMap((state, n) =>
        n % players.length === part ? [{ state, code: codes[n]! }] : [],
      ),
    }),
  );
  const times = (await Promise.all(parts)).flatMap((part) => part.times).sort((a, b) => a - b);
  const thousandth = times[999];
  return {
    codesPerSecond: states.length / made,
    perSecond: states.length / ((times.at(-1)! - start) / 1000),
    ...(thousandth === undefined ? {} : { thousand: (thousandth - start) / 1000 }),
  };
}

async function makeCodes(admin: AdminClient, count: number, each: number): Promise<string[]> {
  const turn = limited(8);
  const users = Array.from({ length: Math.ceil(count / each) }, (_, n) => `user-${n}`);
  const made = await Promise.all(
    users.map((user, n) =>
      turn(async () => {
        await admin.addUser(user);
        const own: string[] = [];
        for (let i = n * each; i < Math.min(count, (n + 1) * each); i++)
          own.push((await admin.makeCode({ user, expiresIn: 30 * 86_400_000 })).code);
        return own;
      }),
    ),
  );
  return made.flat();
}
