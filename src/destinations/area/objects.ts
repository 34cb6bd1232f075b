import { AREA_HEADERS, formatDigest, receiptSchema } from '../../api/area/index.ts';
import { fromUtf8, toBase64Url } from '../../lib/bytes.ts';
import { DestinationError, describeObject } from '../../set/index.ts';
import type { AreaClient } from './client.ts';

/** Stores an object, and has it confirmed that it is this one. */
export async function putParts(
  client: AreaClient,
  path: string,
  type: string,
  parts: readonly Uint8Array[],
  length: number,
  hash: Uint8Array,
): Promise<void> {
  const digest = toBase64Url(hash);
  const answer = await client.ask(
    {
      right: 'append',
      method: 'PUT',
      subject: { op: 'append', path, digest },
      target: path,
      headers: { 'content-type': type, [AREA_HEADERS.digest]: formatDigest(hash) },
      body: parts,
    },
    [200, 201],
  );
  const receipt = receiptSchema.safeParse(parseJson(answer.body)).data;
  if (receipt?.path !== path || receipt.length !== length || receipt.digest !== digest) {
    throw new DestinationError(
      'ERR_DESTINATION_UNAVAILABLE',
      `${describeObject(path)}: the area's receipt is for something else`,
    );
  }
}

export async function getObject(client: AreaClient, path: string, limit: number): Promise<Uint8Array> {
  const request = {
    right: 'read',
    method: 'GET',
    subject: { op: 'read', path },
    target: path,
    limit,
  } as const;
  return (await client.ask(request, [200])).body;
}

export async function getRange(
  client: AreaClient,
  path: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  const range = `${offset}-${offset + length - 1}`;
  const answer = await client.ask(
    {
      right: 'read',
      method: 'GET',
      subject: { op: 'read', path, range },
      target: path,
      headers: { range: `bytes=${range}` },
      limit: length,
    },
    [206],
  );
  const shown = answer.headers['content-range'] ?? '';
  if (!shown.startsWith(`bytes ${range}/`) || answer.body.length !== length) {
    throw new DestinationError(
      'ERR_OBJECT_MALFORMED',
      `${describeObject(path)}: bytes ${range} are not all there`,
    );
  }
  return answer.body;
}

export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(body));
  } catch {
    return undefined;
  }
}
