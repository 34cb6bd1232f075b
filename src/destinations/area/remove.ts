import { AREA_HEADERS, NONCE_PATH, nonceSchema } from '../../api/area/index.ts';
import type { Problem } from '../../api/problem/index.ts';
import { DestinationError } from '../../set/index.ts';
import type { AreaClient } from './client.ts';
import { parseJson } from './objects.ts';

/** Deletions side by side: each waits for its answer, which brings the nonce for the next. */
const LANES = 4;

/** False when the area keeps everything, whatever a grant says. */
export async function mayRemove(client: AreaClient): Promise<boolean> {
  try {
    await getNonce(client);
    return true;
  } catch (error) {
    const problem =
      error instanceof DestinationError ? (error.cause as Partial<Problem> | undefined) : undefined;
    if (problem?.code === 'ERR_AREA_APPEND_ONLY') return false;
    throw error;
  }
}

/** Deletes objects; one that is not there counts as deleted. */
export async function remove(client: AreaClient, paths: readonly string[]): Promise<void> {
  const waiting = paths.values();
  const lanes = Array.from({ length: Math.min(LANES, paths.length) }, async () => {
    let nonce: string | undefined;
    for (const path of waiting) nonce = await removeOne(client, path, nonce);
  });
  const settled = await Promise.allSettled(lanes);
  for (const lane of settled) if (lane.status === 'rejected') throw lane.reason;
}

/** @returns the nonce for the next deletion, if the area gave one */
async function removeOne(
  client: AreaClient,
  path: string,
  nonce: string | undefined,
  again = true,
): Promise<string | undefined> {
  const fresh = nonce ?? (await getNonce(client));
  const subject = { op: 'delete', path, nonce: fresh } as const;
  const answer = await client.ask(
    { right: 'delete', method: 'DELETE', subject, target: path },
    again ? [204, 404, 401] : [204, 404],
  );
  if (answer.status === 401) {
    // The nonce was used by a try whose answer was lost, or has grown old. Anything else fails again, and is named.
    return removeOne(client, path, undefined, false);
  }
  const next = answer.headers[AREA_HEADERS.nonce];
  return next !== undefined && /^[A-Za-z0-9_-]{22}$/.test(next) ? next : undefined;
}

async function getNonce(client: AreaClient): Promise<string> {
  const request = {
    right: 'delete',
    method: 'GET',
    subject: { op: 'nonce', path: '' },
    target: NONCE_PATH,
  } as const;
  const answer = await client.ask(request, [200]);
  const { data } = nonceSchema.safeParse(parseJson(answer.body));
  if (!data)
    throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the area gave no nonce for a deletion');
  return data.nonce;
}
