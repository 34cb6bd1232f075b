import { hash } from 'node:crypto';
import { toBytes } from '../files/index.ts';
import { bodyOf, PartHasher } from './digest.ts';
import type { Incoming, Stored } from './incoming.ts';
import type { RecordKind } from './kind.ts';
import type { Renamed } from './target.ts';

/** For keeping both: the item under an id made of its bytes, the same each time it is restored. */
export function renamed(
  kind: RecordKind,
  id: string,
  incoming: Incoming,
  bytesOf: (stored: Stored) => Uint8Array,
): Renamed {
  const seed = hash('sha256', `${id}\n${toBytes(incoming.body).toHex()}`, 'hex');
  const beside = kind.renamed(incoming.parts.map(bytesOf), seed, incoming.base);
  if (beside === undefined || beside === 'kept') return beside;
  const digests = beside.parts.map((bytes) => {
    const hasher = new PartHasher();
    hasher.update(bytes);
    return hasher.end();
  });
  const parts = beside.parts.map((bytes): Stored => ({ in: 'memory', bytes }));
  return { base: beside.id, incoming: { base: beside.id, body: bodyOf(digests), parts } };
}

/** RFC 9562 §5.8: version 8, made from anything. */
export const uuidOf = (hex: string): string =>
  `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
