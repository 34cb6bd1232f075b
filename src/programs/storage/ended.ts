import { createHash } from 'node:crypto';
import { AREA_HEADERS, MAX_ENDED, parseDigest } from '../../api/area/index.ts';
import { claimedKid, grantRefused, PROOF_WINDOW, verifyEnded, verifyProof } from '../../api/grant/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { header } from './authorize.ts';
import type { Context } from './context.ts';
import { Refusal } from './errors.ts';
import { type Exchange, sendJson } from './exchange.ts';

/**
 * An issuer's list of ended keys (a device is lost, a user has left). The issuer proves the request like a device
 * does, without a grant, so that nobody else's body is read.
 */
export async function replaceEnded(
  context: Context,
  exchange: Exchange,
  { area: id }: { readonly area: string },
): Promise<void> {
  const { request } = exchange;
  const length = header(request, 'content-length');
  if (length === undefined)
    throw new Refusal('ERR_LENGTH_REQUIRED', 'a list is sent with its Content-Length');
  const digest = parseDigest(header(request, AREA_HEADERS.digest));
  if (digest === undefined) {
    throw new Refusal('ERR_DIGEST_REQUIRED', 'a list is sent with Content-Digest: sha-256=:…:');
  }
  const proof = header(request, AREA_HEADERS.proof);
  if (proof === undefined) throw new Refusal('ERR_GRANT_REQUIRED', 'this needs a proof of an issuer');
  const now = context.clock();
  const area = await context.areas.get(id);
  const kid = claimedKid(proof);
  const key = kid === undefined ? undefined : area?.issuers.get(kid);
  if (!area || kid === undefined || !key) throw grantRefused();
  await verifyProof(proof, key, kid, { op: 'end', area: id, path: '', digest }, now);
  exchange.trusted = true;
  if (Number(length) > MAX_ENDED) {
    throw new Refusal('ERR_OBJECT_TOO_LARGE', `lists have at most ${MAX_ENDED} bytes`);
  }

  const body = await readAll(exchange);
  if (createHash('sha256').update(body).digest('base64url') !== digest) {
    throw new Refusal('ERR_DIGEST_MISMATCH', 'the body is not what Content-Digest says; send it again');
  }
  const jws = fromUtf8(body);
  const list = await verifyEnded(jws, id, area.issuers);
  // One list dated far ahead by a wrong clock would shut out all that follow.
  if (list.iss !== kid || list.iat > now + PROOF_WINDOW) {
    throw new Refusal(
      'ERR_REQUEST_MALFORMED',
      'the list is of another issuer than the proof, or of the future',
    );
  }
  if ((await context.ended.replace(area, list, jws)) === 'older') {
    throw new Refusal('ERR_ENDED_OLDER', 'a newer list is here already');
  }
  sendJson(exchange, 200, { ended: list.ended.length, iat: list.iat });
}

/** Of an authorised request, whose length is known and within its limit. */
async function readAll(exchange: Exchange): Promise<Uint8Array> {
  if (exchange.awaited) {
    exchange.awaited = false;
    exchange.response.writeContinue();
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of exchange.request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
