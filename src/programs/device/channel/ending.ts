/**
 * The end of a device: what protected memory has forgotten must not live on in what was made with it (B7), and the
 * server is to learn that it is so. The signing key stays until then, for nothing else could prove who says it.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { loadIdentity, removeIdentity } from '../../../custody/index.ts';
import type { Clock } from '../../../lib/clock.ts';
import { DeviceError } from '../errors.ts';
import { type Home, Lock } from '../home/index.ts';
import { connect, QUICK } from './link.ts';
import { keepAcknowledged, markOf, readOutbox } from './outbox.ts';
import { send } from './send.ts';
import { openMemory, openSession, type Session } from './session.ts';

/** What is waited for the server and for other processes, ms. */
const PATIENCE = 5_000;

/** What was made with the keys: the catalogue knows names and titles. */
export async function wipe({ catalogue, outbox, backups, shares }: Home): Promise<void> {
  for (const path of [catalogue, `${catalogue}-wal`, `${catalogue}-shm`, outbox, backups, shares])
    await rm(path, { force: true });
}

/** The server knows, or will never want to: the device's own keys have no use any more. */
export async function finish(home: Home, acknowledgement: string): Promise<void> {
  await keepAcknowledged(home, acknowledgement);
  await removeIdentity(home.identity);
}

/** A session of a device that talks to its server; one that was ended says that first, if it is still to be said. */
export async function openOnline(home: Home, clock: Clock, signal: AbortSignal): Promise<Session> {
  try {
    return await openSession(home, clock);
  } catch (error) {
    if (error instanceof DeviceError && error.code === 'ERR_DEVICE_ENDED')
      await acknowledgeEnd(home, clock, signal);
    throw error;
  }
}

/**
 * Sends the acknowledgement of the end, unless the server has it or refuses the device. What does not get through
 * waits for the next time.
 */
export async function acknowledgeEnd(home: Home, clock: Clock, signal: AbortSignal): Promise<void> {
  if (!existsSync(home.identity)) return;
  await using _ = await Lock.take(home, 'policy', { task: 'says that it was ended', wait: PATIENCE, signal });
  const memory = await openMemory(home, clock);
  try {
    const state = memory?.state();
    const acknowledgement = memory?.acknowledgement();
    if (state?.kind !== 'ended' || acknowledgement === undefined) return;
    const keys = await loadIdentity(home.identity);
    // Keys of another device are those of an enrolment that has begun.
    if (keys?.device !== state.device) return;
    if ((await readOutbox(home)).acknowledged !== markOf(acknowledgement)) {
      // Again, in case that was broken off.
      await wipe(home);
      const server = connect({ server: { id: state.server, url: state.url }, keys, clock }, QUICK);
      const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
      const answer = await send(server, acknowledgement, limit).catch(() => 'not now' as const);
      if (answer === 'not now') return;
    }
    await finish(home, acknowledgement);
  } finally {
    memory?.close();
  }
}
