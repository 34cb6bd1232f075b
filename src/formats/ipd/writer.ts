import { IpdError } from './errors.ts';
import { ipdFieldsSize } from './fields.ts';
import {
  IPD_FIELD_MAX,
  IPD_HEAD,
  IPD_LEAST_LENGTH,
  IPD_LENGTH_END,
  IPD_MAGIC,
  IPD_MARKER,
  IPD_RECORD_HEAD,
  IPD_VERSION,
  type IpdHeader,
  type IpdOpaque,
  type IpdPart,
  type IpdRecord,
} from './parts.ts';

/** One part as bytes: what was read gives the same bytes again. @throws IpdError `ERR_IPD_VALUE` */
export function encodeIpd(part: IpdPart): Uint8Array {
  switch (part.kind) {
    case 'header':
      return encodeHeader(part);
    case 'record': {
      const bytes = new Uint8Array(ipdRecordSize(part));
      writeIpdRecord(part, bytes, 0);
      return bytes;
    }
    case 'opaque':
      return encodeOpaque(part);
    case 'rest':
      return part.bytes.slice();
  }
}

/** Bytes that a record takes. */
export const ipdRecordSize = (record: Pick<IpdRecord, 'fields' | 'tail'>): number =>
  IPD_RECORD_HEAD + ipdFieldsSize(record.fields) + record.tail.length;

/**
 * Writes a record into `target`, which has room for it.
 * @returns where the next part begins. @throws IpdError `ERR_IPD_VALUE`
 */
export function writeIpdRecord(record: IpdRecord, target: Uint8Array, at: number): number {
  const { database, version, handle, uniqueId, fields, tail } = record;
  const length = ipdRecordSize(record) - IPD_LENGTH_END;
  // A record with the marker's id would be read as the end of the data.
  check(database < IPD_MARKER, 'database', database, 0xffff);
  check(true, 'record length', length, 0xffff_ffff);
  check(true, 'version', version, 0xff);
  check(true, 'handle', handle, 0xffff);
  check(true, 'unique id', uniqueId, 0xffff_ffff);
  const view = new DataView(target.buffer, target.byteOffset + at, length + IPD_LENGTH_END);
  view.setUint16(0, database, true);
  view.setUint32(2, length, true);
  view.setUint8(6, version);
  view.setUint16(7, handle, true);
  view.setUint32(9, uniqueId, true);
  let to = at + IPD_RECORD_HEAD;
  for (const { type, data } of fields) {
    check(data.length <= IPD_FIELD_MAX, 'field type', type, 0xff);
    target[to] = data.length;
    target[to + 1] = data.length >>> 8;
    target[to + 2] = type;
    target.set(data, to + 3);
    to += 3 + data.length;
  }
  target.set(tail, to);
  return to + tail.length;
}

function encodeHeader({ names }: IpdHeader): Uint8Array {
  check(true, 'number of databases', names.length, 0xffff);
  const bytes = new Uint8Array(names.reduce((size, name) => size + 2 + name.length, IPD_HEAD));
  const view = new DataView(bytes.buffer);
  bytes.set(IPD_MAGIC);
  view.setUint8(38, IPD_VERSION);
  // The one big-endian number of the file.
  view.setUint16(39, names.length);
  let at = IPD_HEAD;
  for (const name of names) {
    check(true, 'name length', name.length, 0xffff);
    view.setUint16(at, name.length, true);
    bytes.set(name, at + 2);
    at += 2 + name.length;
  }
  return bytes;
}

function encodeOpaque({ database, body }: IpdOpaque): Uint8Array {
  const short = database < IPD_MARKER && body.length < IPD_LEAST_LENGTH;
  // A marker without a length ends the data: that is a rest.
  check(short || (database === IPD_MARKER && body.length > 0), 'database', database, 0xffff);
  const bytes = new Uint8Array(IPD_LENGTH_END + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, database, true);
  view.setUint32(2, body.length, true);
  bytes.set(body, IPD_LENGTH_END);
  return bytes;
}

function check(fits: boolean, what: string, value: number, limit: number): void {
  if (!fits || !Number.isInteger(value) || value < 0 || value > limit)
    throw new IpdError('ERR_IPD_VALUE', `${what} ${value} cannot be written there`);
}
