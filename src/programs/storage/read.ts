import { pipeline } from 'node:stream/promises';
import { AREA_HEADERS, formatDigest } from '../../api/area/index.ts';
import { fromBase64Url } from '../../lib/bytes.ts';
import { authorize, header } from './authorize.ts';
import type { Context } from './context.ts';
import { Refusal } from './errors.ts';
import { COMMON, type Exchange, send } from './exchange.ts';
import type { OpenObject } from './objects/index.ts';
import type { Target } from './target.ts';

/** Up to here an answer is read at once, which for the range of a frame costs least. */
const AT_ONCE = 1024 * 1024;

/** `GET`, with or without a range, and `HEAD` of an object. */
export async function read(
  context: Context,
  exchange: Exchange,
  { area, path }: Target & { readonly kind: 'object' },
): Promise<void> {
  const range = rangeOf(exchange);
  await authorize(context, exchange.request, 'read', {
    op: 'read',
    area,
    path,
    ...(range === undefined ? {} : { range }),
  });
  exchange.trusted = true;
  const object = await context.store.open(area, path);
  if (!object) throw new Refusal('ERR_OBJECT_MISSING', 'no object lies under this name');
  try {
    await sendObject(exchange, object, range);
  } finally {
    await object.close();
  }
}

/** What stands behind `bytes=`. One range only: a device asks for what it needs. */
function rangeOf(exchange: Exchange): string | undefined {
  const field = header(exchange.request, 'range');
  if (field === undefined) return undefined;
  const [, range] = /^bytes=([0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})$/.exec(field) ?? [];
  if (range === undefined) throw new Refusal('ERR_REQUEST_MALFORMED', 'a range is one of bytes: bytes=0-99');
  return range;
}

async function sendObject(exchange: Exchange, object: OpenObject, range: string | undefined): Promise<void> {
  const { request, response } = exchange;
  const whole = { first: 0, last: object.size - 1 };
  const { first, last } =
    range === undefined || request.method === 'HEAD' ? whole : resolve(range, object.size);
  const partial = range !== undefined && request.method !== 'HEAD';
  const headers = {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    etag: `"${object.digest}"`,
    [AREA_HEADERS.reprDigest]: formatDigest(fromBase64Url(object.digest)),
    ...(partial ? { 'content-range': `bytes ${first}-${last}/${object.size}` } : {}),
  };
  const length = last - first + 1;
  const status = partial ? 206 : 200;
  if (request.method === 'HEAD') {
    response.writeHead(status, { ...COMMON, ...headers, 'content-length': length }).end();
  } else if (length <= AT_ONCE) {
    send(exchange, status, headers, await object.read(first, last));
  } else {
    response.writeHead(status, { ...COMMON, ...headers, 'content-length': length });
    await pipeline(object.stream(first, last), response);
  }
}

/** RFC 9110 §14.1.2; both ends included. @throws Refusal `ERR_RANGE` */
function resolve(range: string, size: number): { readonly first: number; readonly last: number } {
  const [from = '', to = ''] = range.split('-');
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first > last || (from === '' && Number(to) === 0)) {
    throw new Refusal('ERR_RANGE', `the object has ${size} bytes`, { 'content-range': `bytes */${size}` });
  }
  return { first, last };
}
