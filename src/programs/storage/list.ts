import { type Listing, MAX_PAGE } from '../../api/area/index.ts';
import { authorize } from './authorize.ts';
import type { Context } from './context.ts';
import { type Exchange, sendJson } from './exchange.ts';
import type { ListTarget } from './target.ts';

/** A page of the objects whose path begins with a prefix. */
export async function list(context: Context, exchange: Exchange, target: ListTarget): Promise<void> {
  const { area, prefix, after, limit } = target;
  await authorize(context, exchange.request, 'read', {
    op: 'list',
    area,
    path: prefix,
    ...(after === undefined ? {} : { after }),
    ...(limit === undefined ? {} : { limit }),
  });
  exchange.trusted = true;
  const query = { prefix, after: after ?? '', limit: limit ?? MAX_PAGE };
  const listing: Listing = await context.store.list(area, query);
  sendJson(exchange, 200, listing);
}
