import { toBase64Url } from '../../lib/bytes.ts';

/** `Content-Digest` and `Repr-Digest` (RFC 9530) with SHA-256. */
export const formatDigest = (sha256: Uint8Array): string => `sha-256=:${sha256.toBase64()}:`;

/**
 * Reads the SHA-256 out of a digest field; other algorithms beside it are skipped.
 *
 * @returns base64url, or undefined when there is none, or more than one
 */
export function parseDigest(field: string | undefined): string | undefined {
  if (field === undefined || field.length > 1000) return undefined;
  let found: string | undefined;
  for (const member of field.split(',')) {
    const [, value] = /^[ \t]*sha-256=:([A-Za-z0-9+/]{43}=):[ \t]*$/.exec(member) ?? [];
    if (value === undefined) continue;
    if (found !== undefined) return undefined;
    found = toBase64Url(Uint8Array.fromBase64(value));
  }
  return found;
}
