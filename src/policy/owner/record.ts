/** The payload of an owner record as values. */
import { MalformedError } from '../../lib/binary.ts';
import { asHash, asId, asInteger, asList, asObject, asOneOf, asText, parseJson } from '../../lib/shape.ts';
import {
  type DecipherKey,
  decipherKey,
  type EdPublic,
  edPublic,
  type SignatureKey,
  signatureKey,
} from './keys.ts';

/** One of the user's own keys, as everyone may know it. */
export interface PublicWay {
  readonly kind: 'token' | 'software' | 'phrase';
  /** The user's name for it. */
  readonly name: string;
  readonly decipher: DecipherKey;
  readonly signature: SignatureKey;
}

/** A device whose manifests count. */
export interface OwnerDevice {
  readonly id: string;
  readonly name: string;
  readonly jwk: EdPublic;
  /** Of an ended one nothing counts beyond `heads`. */
  readonly state: 'active' | 'ended';
}

/** The last valid manifest of a chain whose device was ended. */
export interface OwnerHead {
  readonly chain: string;
  readonly device: string;
  readonly counter: number;
  readonly hash: string;
  /** Id of the storage area that the chain lies in; absent for a backup file. */
  readonly area?: string;
}

export interface OwnerRecord {
  readonly v: 1;
  readonly user: string;
  /** From 1 on, without gaps. */
  readonly version: number;
  /** SHA-256 of the record of the version before, base64url; absent in the first. */
  readonly prev?: string;
  /** Unix ms. */
  readonly time: number;
  readonly ways: readonly PublicWay[];
  /** There is one way in only, and the user wants no way back when it is lost (U5). */
  readonly alone?: true;
  readonly devices: readonly OwnerDevice[];
  readonly heads: readonly OwnerHead[];
}

const MOST_WAYS = 16;
const MOST_DEVICES = 1024;
const MOST_HEADS = 8192;
const NAME = 128;

/** @throws MalformedError naming the member */
export function parseOwnerRecord(payload: Uint8Array): OwnerRecord {
  const record = asObject(parseJson(payload, 'an owner record'), 'an owner record');
  if (record.v !== 1) throw new MalformedError('an owner record of an unknown version');
  const version = asInteger(record.version, 'version', 1);
  if ((version === 1) !== (record.prev === undefined))
    throw new MalformedError('prev is in all but the first');
  const ways = asList(record.ways, 'ways', MOST_WAYS, way);
  if (ways.length === 0) throw new MalformedError('an owner record without a way in');
  for (const role of ['decipher', 'signature'] as const)
    if (new Set(ways.map((one) => JSON.stringify(one[role]))).size !== ways.length)
      throw new MalformedError(`two ways in with one ${role} key`);
  const devices = asList(record.devices, 'devices', MOST_DEVICES, device);
  if (new Set(devices.map(({ id }) => id)).size !== devices.length)
    throw new MalformedError('one device twice');
  return {
    v: 1,
    user: asId(record.user, 'user'),
    version,
    ...(record.prev === undefined ? {} : { prev: asHash(record.prev, 'prev') }),
    time: asInteger(record.time, 'time'),
    ways,
    ...(record.alone === true && { alone: true as const }),
    devices,
    heads: asList(record.heads, 'heads', MOST_HEADS, head),
  };
}

/** Is it the same key that signs? A way in may be listed under another name. */
export const sameWay = (a: Pick<PublicWay, 'signature'>, b: Pick<PublicWay, 'signature'>): boolean =>
  JSON.stringify(a.signature) === JSON.stringify(b.signature);

/** The name of a record below the user's place: docs/format/personal.md. */
export const ownerRecordName = (version: number): string => `o/${String(version).padStart(10, '0')}`;

function way(value: unknown): PublicWay {
  const one = asObject(value, 'a way in');
  return {
    kind: asOneOf(one.kind, 'kind of a way in', ['token', 'software', 'phrase']),
    name: asText(one.name, 'name of a way in', NAME),
    decipher: decipherKey(one.decipher),
    signature: signatureKey(one.signature),
  };
}

function device(value: unknown): OwnerDevice {
  const one = asObject(value, 'a device');
  return {
    id: asId(one.id, 'id of a device'),
    name: asText(one.name, 'name of a device', NAME),
    jwk: edPublic(one.jwk),
    state: asOneOf(one.state, 'state of a device', ['active', 'ended']),
  };
}

function head(value: unknown): OwnerHead {
  const one = asObject(value, 'a head');
  return {
    chain: asId(one.chain, 'chain of a head'),
    device: asId(one.device, 'device of a head'),
    counter: asInteger(one.counter, 'counter of a head', 1),
    hash: asHash(one.hash, 'hash of a head'),
    ...(one.area === undefined ? {} : { area: asId(one.area, 'area of a head') }),
  };
}
