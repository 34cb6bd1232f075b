import { createHash } from 'node:crypto';
import { AREA_HEADERS, formatDigest, parseDigest, type Receipt } from '../../api/area/index.ts';
import { fromBase64Url, release } from '../../lib/bytes.ts';
import { authorize, header } from './authorize.ts';
import type { Context } from './context.ts';
import { Refusal } from './errors.ts';
import { type Exchange, sendJson } from './exchange.ts';
import type { ObjectWriter, Stored } from './objects/index.ts';
import type { Target } from './target.ts';

/** Bytes that are written at once. */
const BATCH = 512 * 1024;

/**
 * `PUT` (or `POST`) of an object: 201 when it is new, 200 when these bytes were there, 409 when others were. It is
 * durable when the answer goes out.
 */
export async function append(
  context: Context,
  exchange: Exchange,
  { area, path }: Target & { readonly kind: 'object' },
): Promise<void> {
  const { length, digest } = announced(exchange);
  const access = await authorize(context, exchange.request, 'append', { op: 'append', area, path, digest });
  exchange.trusted = true;
  if (length > context.limits.maxObject) {
    throw new Refusal('ERR_OBJECT_TOO_LARGE', `objects have at most ${context.limits.maxObject} bytes`);
  }
  const receipt: Receipt = { path, length, digest };
  const present = await context.store.head(area, path);
  if (present) {
    const same = present.size === length && present.digest === digest;
    return answer(exchange, same ? 'same' : 'conflict', receipt);
  }
  await context.usage.reserve(area, path, length, [
    { prefix: '', bytes: access.area.quota },
    { prefix: access.grant.prefix, bytes: access.grant.quota },
  ]);
  let stored: Stored | undefined;
  try {
    stored = await store(context, exchange, area, receipt);
  } finally {
    if (stored !== 'created') await context.usage.release(area, path, length);
  }
  answer(exchange, stored, receipt);
}

function announced(exchange: Exchange): { readonly length: number; readonly digest: string } {
  const length = header(exchange.request, 'content-length');
  if (length === undefined) {
    throw new Refusal('ERR_LENGTH_REQUIRED', 'an object is sent with its Content-Length');
  }
  const digest = parseDigest(header(exchange.request, AREA_HEADERS.digest));
  if (digest === undefined) {
    throw new Refusal('ERR_DIGEST_REQUIRED', 'an object is sent with Content-Digest: sha-256=:…:');
  }
  return { length: Number(length), digest };
}

async function store(context: Context, exchange: Exchange, area: string, receipt: Receipt): Promise<Stored> {
  try {
    const writer = await context.store.create(area, receipt.path);
    try {
      if (exchange.awaited) {
        exchange.awaited = false;
        exchange.response.writeContinue();
      }
      const digest = await receive(exchange, writer);
      if (digest !== receipt.digest) {
        throw new Refusal('ERR_DIGEST_MISMATCH', 'the body is not what Content-Digest says; send it again');
      }
      return await writer.commit(digest);
    } catch (cause) {
      await writer.abort();
      throw cause;
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new Refusal('ERR_STORAGE_FULL', 'the storage is full');
    throw cause;
  }
}

/** Hashes while the piece before is being written. @returns SHA-256, base64url */
async function receive({ request }: Exchange, writer: ObjectWriter): Promise<string> {
  const hash = createHash('sha256');
  let batch: Uint8Array[] = [];
  let size = 0;
  let writing: Promise<void> = Promise.resolve();
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    batch.push(chunk);
    size += chunk.length;
    if (size < BATCH) continue;
    await writing;
    writing = write(writer, batch);
    // Its failure is met at the next `await`; until then it must not count as unhandled.
    writing.catch(() => {});
    batch = [];
    size = 0;
  }
  await writing;
  await write(writer, batch);
  return hash.digest('base64url');
}

/** Chunks came with memory of their own, which the next ones get. */
async function write(writer: ObjectWriter, batch: readonly Uint8Array[]): Promise<void> {
  await writer.write(batch);
  for (const chunk of batch) release(chunk);
}

function answer(exchange: Exchange, stored: Stored, receipt: Receipt): void {
  if (stored === 'conflict') {
    throw new Refusal('ERR_OBJECT_CONFLICT', 'other bytes lie under this name; objects are never replaced');
  }
  sendJson(exchange, stored === 'created' ? 201 : 200, receipt, {
    etag: `"${receipt.digest}"`,
    [AREA_HEADERS.reprDigest]: formatDigest(fromBase64Url(receipt.digest)),
  });
}
