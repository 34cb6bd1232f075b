import { AREA_HEADERS } from '../../api/area/index.ts';
import { authorize } from './authorize.ts';
import type { Context } from './context.ts';
import { Refusal } from './errors.ts';
import { type Exchange, send, sendJson } from './exchange.ts';
import type { Target } from './target.ts';

/** The nonce that the first deletion needs; each deletion's answer brings the next one. */
export async function issueNonce(
  context: Context,
  exchange: Exchange,
  { area }: { readonly area: string },
): Promise<void> {
  const { grant } = await authorize(context, exchange.request, 'delete', { op: 'nonce', area, path: '' });
  exchange.trusted = true;
  sendJson(exchange, 200, context.nonces.issue(area, grant.device, context.clock()));
}

/** `DELETE` of an object: 204, or 404 when it is not there. */
export async function remove(
  context: Context,
  exchange: Exchange,
  { area, path }: Target & { readonly kind: 'object' },
): Promise<void> {
  const { grant, nonce } = await authorize(context, exchange.request, 'delete', { op: 'delete', area, path });
  const now = context.clock();
  if (nonce === undefined || !context.nonces.take(area, grant.device, nonce, now)) {
    throw new Refusal('ERR_NONCE_REFUSED', 'the nonce is used up or unknown; ask for a new one');
  }
  exchange.trusted = true;
  const next = { [AREA_HEADERS.nonce]: context.nonces.issue(area, grant.device, now).nonce };
  // Counted before the deletion: an upload of the same name meanwhile must not be forgotten with it.
  await context.usage.of(area);
  const freed = await context.store.remove(area, path);
  if (freed === undefined) throw new Refusal('ERR_OBJECT_MISSING', 'no object lies under this name', next);
  await context.usage.release(area, path, freed);
  send(exchange, 204, next);
}
