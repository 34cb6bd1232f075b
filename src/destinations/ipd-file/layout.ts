/** How segments and small objects are laid out as IPD records: docs/format/backup-file.md. */
import { IPD_FIELD_MAX, type IpdField } from '../../formats/ipd/index.ts';
import { ByteReader, ByteWriter } from '../../lib/binary.ts';
import { fromUtf8, toBase64Url, utf8 } from '../../lib/bytes.ts';
import { MAX_FRAMES, type ObjectKind, type SegmentData, segmentPath } from '../../set/index.ts';

/** The last database of the file: everything but frames of data. */
export const HOLDFAST = 'Holdfast';

export const RECORD_VERSION = 1;

/** Type of the fields that a payload is chained in. */
export const PAYLOAD = 0x48;

/** Type of the first field of a record of `Holdfast` that opens a segment. */
export const OPENING = 0x01;

/** Type of the first field of a record of `Holdfast` that is a small object. */
export const OBJECT_TYPES: Readonly<Record<ObjectKind, number>> = {
  envelope: 0x02,
  'owner-record': 0x03,
  checkpoint: 0x04,
  manifest: 0x05,
};

const KINDS = new Map(Object.entries(OBJECT_TYPES).map(([kind, type]) => [type, kind as ObjectKind]));

export const kindOfType = (type: number): ObjectKind | undefined => KINDS.get(type);

/** What is said of a segment before its frames. */
export interface Opening extends Omit<SegmentData, 'frames'> {
  /** How many frames follow. */
  readonly frames: number;
  readonly name: string;
}

const FIXED = 61;

/** Undefined when the name is not the one that set and segment have in a chain. */
export function encodeOpening(opening: Opening): Uint8Array | undefined {
  const { set, database, stream, id, salt, frames, name } = opening;
  const bytes = new ByteWriter(FIXED + 64)
    .raw(set)
    .raw(database)
    .u8(stream === 'data' ? 0 : 1)
    .raw(id)
    .raw(salt)
    .u32(frames)
    .raw(utf8(name.split('/').slice(0, -3).join('/')))
    .finish();
  return decodeOpening(bytes)?.name === name ? bytes : undefined;
}

/** Undefined unless it is in the one allowed form. */
export function decodeOpening(bytes: Uint8Array): Opening | undefined {
  if (bytes.length < FIXED) return undefined;
  const reader = new ByteReader(bytes.slice());
  const set = reader.raw(16);
  const database = reader.raw(16);
  const stream = (['data', 'index'] as const)[reader.u8()];
  const id = reader.raw(8);
  const salt = reader.raw(16);
  const frames = reader.u32();
  const [device = '', chain = '', ...more] = fromUtf8(reader.raw(reader.left)).split('/');
  const name = segmentPath({ device, chain }, toBase64Url(set), toBase64Url(id));
  if (stream === undefined || frames < 1 || frames > MAX_FRAMES || more.length > 0 || !isName(name))
    return undefined;
  return { set, database, stream, id, salt, frames, name };
}

const NAME = /^(?=.{1,512}$)[A-Za-z0-9_-]{1,128}(\/[A-Za-z0-9_-]{1,128}){0,15}$/;

/** Whether an object can have this name: the rules for paths in a storage area. */
export const isName = (name: string): boolean => NAME.test(name);

/** A payload as fields, each but the last full. */
export function chainFields(payload: Uint8Array): IpdField[] {
  const fields: IpdField[] = [];
  for (let at = 0; at < payload.length; at += IPD_FIELD_MAX)
    fields.push({ type: PAYLOAD, data: payload.subarray(at, at + IPD_FIELD_MAX) });
  return fields;
}

/** Length of the payload in the fields from number `first` on; undefined unless they are a chain. */
export function payloadLength(fields: readonly IpdField[], first: number): number | undefined {
  let length = 0;
  for (let i = first; i < fields.length; i++) {
    const { type, data } = fields[i]!;
    const last = i === fields.length - 1;
    if (type !== PAYLOAD || data.length === 0 || (!last && data.length !== IPD_FIELD_MAX)) return undefined;
    length += data.length;
  }
  return length;
}
