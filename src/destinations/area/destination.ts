import { createHash } from 'node:crypto';
import { parseAreaUri } from '../../api/area/index.ts';
import type { Signer } from '../../api/grant/index.ts';
import { DocumentError, decodeDocument, encodeDocumentParts } from '../../formats/syncml/index.ts';
import { toBase64Url } from '../../lib/bytes.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { type Destination, DestinationError, describeObject, type SegmentData } from '../../set/index.ts';
import { httpTransport, type RetryPolicy, type Timeouts } from '../../transport/http/index.ts';
import type { Outage, Transport } from '../../transport/index.ts';
import { AreaClient, type Grants } from './client.ts';
import { list } from './list.ts';
import { getObject, getRange, putParts } from './objects.ts';
import { mayRemove, remove } from './remove.ts';

export type { Grants } from './client.ts';

export interface AreaDestinationOptions {
  /** The area's URI, with or without the user's place. */
  readonly uri: string;
  /** The user's place: names are relative to it. The URI's unless told. */
  readonly prefix?: string;
  /** Asked for each request, so that renewed grants count at once. */
  readonly grants: () => Grants;
  /** Signs by the device's key, as the key holder does. */
  readonly sign: Signer;
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryPolicy>;
  /** Told when the area is waited for, and when it is there again. */
  readonly onOutage?: (outage: Outage) => void;
  /** Another way than direct HTTP. */
  readonly transport?: Transport;
  readonly clock?: Clock;
  /** Ends requests under way and to come. */
  readonly signal?: AbortSignal;
  /** Names per page of a listing; 1000 unless told. */
  readonly page?: number;
}

export interface AreaDestination extends Destination {
  /**
   * Asks the area whether it lets this device delete. When it keeps everything, `appendOnly` is true from then on.
   * @throws DestinationError, also when there is no grant to delete
   */
  mayRemove(): Promise<boolean>;
}

/** Bytes of a segment's frames; the document around them is a little larger. */
const SEGMENT_LIMIT = 8 * 1024 * 1024;

/** What an area takes unless its operator says otherwise: room for a full segment of frames of 20 bytes. */
const DOCUMENT_LIMIT = 16 * 1024 * 1024;

/** A destination on a storage area. @throws AreaUriError */
export function areaDestination(options: AreaDestinationOptions): AreaDestination {
  const { timeouts, retry, onOutage } = options;
  const location = parseAreaUri(options.uri);
  const prefix = options.prefix ?? location.place;
  const transport =
    options.transport ??
    httpTransport({
      ...(timeouts ? { timeouts } : {}),
      ...(retry ? { retry } : {}),
      ...(onOutage ? { onOutage } : {}),
    });
  const client = new AreaClient({
    location,
    transport,
    grants: options.grants,
    sign: options.sign,
    clock: options.clock ?? systemClock,
    signal: options.signal,
  });
  let keepsAll = false;
  // Without the host: the same segment stays the same document when the area moves, or is reached another way.
  const address = (path: string): string => `/areas/${location.area}/${path}`;

  return {
    label: options.uri,
    area: location.area,
    segmentLimit: SEGMENT_LIMIT,

    async putSegment(name, segment) {
      const path = prefix + name;
      const { parts, offsets, size } = encodeDocumentParts({
        ...segment,
        target: address(path),
        source: address(sender(path)),
      });
      const hash = createHash('sha256');
      for (const part of parts) hash.update(part);
      await putParts(client, path, DOCUMENT_TYPE, parts, size, hash.digest());
      return { offsets, size };
    },

    async getSegment(name) {
      const bytes = await getObject(client, prefix + name, DOCUMENT_LIMIT);
      return openSegment(name, bytes);
    },

    getRange: (range) => getRange(client, prefix + range.name, range.offset, range.length),

    async putObject(name, _kind, bytes) {
      const digest = createHash('sha256').update(bytes).digest();
      await putParts(client, prefix + name, 'application/jose', [bytes], bytes.length, digest);
    },

    getObject: (name, limit) => getObject(client, prefix + name, limit),

    list: (below, past) => list(client, prefix, below, past, options.page),

    get appendOnly() {
      return keepsAll || options.grants().delete === undefined;
    },

    async mayRemove() {
      keepsAll = !(await mayRemove(client));
      return !keepsAll;
    },

    remove: (names) =>
      remove(
        client,
        names.map((name) => prefix + name),
      ),

    async close() {
      if (!options.transport) await transport.close();
    },
  };
}

const DOCUMENT_TYPE = 'application/vnd.syncml+wbxml';

/** The device's place: a segment's path without `/CHAIN/s/SET/SEGMENT`. */
const sender = (path: string): string => `${path.split('/').slice(0, -4).join('/')}/`;

/** @throws DestinationError `ERR_OBJECT_MALFORMED` unless it is the segment that the name says */
function openSegment(name: string, bytes: Uint8Array): SegmentData {
  let segment: SegmentData;
  try {
    const { set, database, stream, id, salt, frames } = decodeDocument(bytes);
    segment = { set, database, stream, id, salt, frames };
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    throw new DestinationError('ERR_OBJECT_MALFORMED', `${describeObject(name)}: ${cause.message}`, {
      cause,
    });
  }
  if (!`/${name}`.endsWith(`/s/${toBase64Url(segment.set)}/${toBase64Url(segment.id)}`)) {
    throw new DestinationError(
      'ERR_OBJECT_MALFORMED',
      `${describeObject(name)}: another segment lies under this name`,
    );
  }
  return segment;
}
