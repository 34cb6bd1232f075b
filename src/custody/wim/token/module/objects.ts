import type { Library } from './library.ts';
import type { KeyDescription } from './protocol.ts';

type Handle = Buffer;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** DER of the object identifier of P-256 (RFC 5480 §2.1.1.1). */
export const P256 = Buffer.from('06082a8648ce3d030107', 'hex');

const MOST_OBJECTS = 256;
/** An attribute that a token does not know, or keeps to itself, is as good as absent. */
const ABSENT = ['CKR_ATTRIBUTE_TYPE_INVALID', 'CKR_ATTRIBUTE_SENSITIVE', 'CKR_ATTRIBUTE_VALUE_INVALID'];

/** What the token shows, by `CKA_ID`; private keys only after login on most. */
export function readKeys(library: Library): KeyDescription[] {
  const { is } = library;
  const found = new Map<string, Mutable<KeyDescription>>();
  const entry = (object: Handle): Mutable<KeyDescription> | undefined => {
    const id = attribute(library, object, is.CKA_ID)?.toString('hex');
    if (!id) return undefined;
    const label = attribute(library, object, is.CKA_LABEL)?.toString('utf8') ?? '';
    const known = found.get(id) ?? { id, label, kind: 'other' };
    found.set(id, known);
    return known;
  };
  for (const object of objects(library, is.CKO_CERTIFICATE)) {
    const certificate = attribute(library, object, is.CKA_VALUE);
    const known = entry(object);
    if (known && certificate?.length) known.certificate ??= certificate;
  }
  for (const object of objects(library, is.CKO_PUBLIC_KEY)) {
    const known = entry(object);
    if (known) Object.assign(known, publicValues(library, object));
  }
  for (const object of objects(library, is.CKO_PRIVATE_KEY)) {
    const known = entry(object);
    if (!known) continue;
    // The modulus is no secret, and some tokens have no public key object.
    if (!known.point && !known.modulus) Object.assign(known, publicValues(library, object));
    const flag = (type: number) => attribute(library, object, type)?.at(0) === 1;
    known.privateKey = {
      derive: flag(is.CKA_DERIVE),
      decrypt: flag(is.CKA_DECRYPT),
      sign: flag(is.CKA_SIGN),
      alwaysAuthenticate: flag(is.CKA_ALWAYS_AUTHENTICATE),
    };
  }
  return [...found.values()];
}

function publicValues(library: Library, object: Handle): Partial<KeyDescription> {
  const { is } = library;
  const type = attribute(library, object, is.CKA_KEY_TYPE);
  const kind = type ? type.readUInt32LE(0) : -1;
  if (kind === is.CKK_RSA) {
    const modulus = attribute(library, object, is.CKA_MODULUS);
    const exponent = attribute(library, object, is.CKA_PUBLIC_EXPONENT);
    return { kind: 'rsa', ...(modulus?.length && exponent?.length && { modulus, exponent }) };
  }
  if (kind !== is.CKK_EC) return { kind: 'other' };
  const curve = attribute(library, object, is.CKA_EC_PARAMS);
  if (curve && !curve.equals(P256)) return { kind: 'other' };
  const point = attribute(library, object, is.CKA_EC_POINT);
  return { kind: 'ec', ...(point?.length && { point }) };
}

/** The private key that goes by an id. */
export function privateKey(library: Library, id: string): Handle | undefined {
  return objects(library, library.is.CKO_PRIVATE_KEY, id)[0];
}

export function objects(library: Library, type: number, id?: string): Handle[] {
  const { calls, is, session } = library;
  const template = [
    { type: is.CKA_CLASS, value: type },
    ...(id === undefined ? [] : [{ type: is.CKA_ID, value: Buffer.from(id, 'hex') }]),
  ];
  return library.call(() => {
    calls.C_FindObjectsInit(session, template);
    try {
      return calls.C_FindObjects(session, MOST_OBJECTS);
    } finally {
      calls.C_FindObjectsFinal(session);
    }
  });
}

function attribute(library: Library, object: Handle, type: number): Buffer | undefined {
  const { calls, session } = library;
  return library.attempt(() => calls.C_GetAttributeValue(session, object, [{ type }])[0]?.value, ...ABSENT);
}
