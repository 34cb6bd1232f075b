import { listingSchema, MAX_LISTING, MAX_PAGE } from '../../api/area/index.ts';
import { DestinationError, type ObjectInfo, type Past } from '../../set/index.ts';
import type { AreaClient } from './client.ts';
import { parseJson } from './objects.ts';

/**
 * All objects below a place whose name begins with `below`, page by page; what `past` passes over is not asked for. The
 * area decides what is in it, but not the order and not the form: names go up, so that a listing ends and names nothing
 * twice.
 */
export async function* list(
  client: AreaClient,
  place: string,
  below: string,
  past: Past = () => undefined,
  page: number = MAX_PAGE,
): AsyncGenerator<ObjectInfo> {
  const prefix = place + below;
  let last: string | undefined;
  for (let more = true; more; ) {
    const query = new URLSearchParams({
      prefix,
      ...(last === undefined ? {} : { after: last }),
      limit: `${page}`,
    });
    const subject = {
      op: 'list',
      path: prefix,
      ...(last === undefined ? {} : { after: last }),
      limit: page,
    } as const;
    const request = {
      right: 'read',
      method: 'GET',
      subject,
      target: `?${query}`,
      limit: MAX_LISTING,
    } as const;
    const answer = await client.ask(request, [200]);
    const listing = listingSchema.safeParse(parseJson(answer.body)).data;
    if (!listing) throw malformed(prefix, 'not a listing');
    if (listing.more && listing.objects.length === 0)
      throw malformed(prefix, 'an empty page that is not the last');
    let beyond: string | undefined;
    for (const { path, size } of listing.objects) {
      if (!path.startsWith(prefix)) throw malformed(prefix, 'an object that was not asked for');
      if (last !== undefined && path <= last) throw malformed(prefix, 'names that do not go up');
      last = path;
      if (beyond !== undefined && path <= beyond) continue;
      const name = path.slice(place.length);
      yield { name, size };
      const next = past(name);
      beyond = next === undefined ? beyond : place + next;
    }
    if (beyond !== undefined && beyond > last!) last = beyond;
    more = listing.more;
  }
}

const malformed = (prefix: string, what: string): DestinationError =>
  new DestinationError('ERR_OBJECT_MALFORMED', `the area's listing of ${prefix || 'all'} has ${what}`);
