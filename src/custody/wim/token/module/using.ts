import { WimError } from '../../errors.ts';
import { failureOf, nameOf } from './failures.ts';
import type { Library } from './library.ts';
import { privateKey } from './objects.ts';
import { loginForOperation } from './pins.ts';
import type { KeyUse, Operations } from './protocol.ts';

/** ECDH without a KDF gives the bare x coordinate (PKCS #11 §2.3.18). */
export function agree(library: Library, use: KeyUse): Uint8Array {
  const { calls, is, session } = library;
  const parameter = { type: is.CK_PARAMS_EC_DH, kdf: is.CKD_NULL, publicData: Buffer.from(use.bytes) };
  const template = [
    { type: is.CKA_CLASS, value: is.CKO_SECRET_KEY },
    { type: is.CKA_KEY_TYPE, value: is.CKK_GENERIC_SECRET },
    { type: is.CKA_TOKEN, value: false },
    { type: is.CKA_SENSITIVE, value: false },
    { type: is.CKA_EXTRACTABLE, value: true },
    { type: is.CKA_VALUE_LEN, value: 32 },
  ];
  const key = keyOf(library, use);
  return library.call(() => {
    const secret = calls.C_DeriveKey(session, { mechanism: is.CKM_ECDH1_DERIVE, parameter }, key, template);
    try {
      return new Uint8Array(calls.C_GetAttributeValue(session, secret, [{ type: is.CKA_VALUE }])[0]!.value);
    } finally {
      calls.C_DestroyObject(session, secret);
    }
  });
}

/** `CKZ_DATA_SPECIFIED` */
const DATA_SPECIFIED = 1;

const NO_OAEP = ['CKR_MECHANISM_INVALID', 'CKR_MECHANISM_PARAM_INVALID', 'CKR_ARGUMENTS_BAD'];
const BAD_PADDING = ['CKR_ENCRYPTED_DATA_INVALID', 'CKR_ENCRYPTED_DATA_LEN_RANGE', 'CKR_DATA_INVALID'];

/**
 * OAEP with SHA-256 on the token where it has that; where it says so before any operation, the bare power, to be
 * unpadded outside (SoftHSM knows OAEP with SHA-1 only).
 */
export function decrypt(library: Library, use: KeyUse): Operations['decrypt']['give'] {
  const { calls, is, session } = library;
  const key = keyOf(library, use);
  const parameter = {
    type: is.CK_PARAMS_RSA_OAEP,
    hashAlg: is.CKM_SHA256,
    mgf: is.CKG_MGF1_SHA256,
    source: DATA_SPECIFIED,
  };
  const oaep = library.attempt(
    () => {
      calls.C_DecryptInit(session, { mechanism: is.CKM_RSA_PKCS_OAEP, parameter }, key);
      return true;
    },
    ...NO_OAEP,
  );
  if (!oaep) library.call(() => calls.C_DecryptInit(session, { mechanism: is.CKM_RSA_X_509 }, key));
  loginForOperation(library, key, use.pin);
  const bytes = library.attempt(
    () => new Uint8Array(calls.C_Decrypt(session, Buffer.from(use.bytes), Buffer.alloc(use.bytes.length))),
    ...(oaep ? BAD_PADDING : []),
  );
  if (!bytes) return { kind: 'refused', bytes: new Uint8Array(0) };
  return { kind: oaep ? 'message' : 'block', bytes };
}

const CANNOT_SIGN = ['CKR_MECHANISM_INVALID', 'CKR_KEY_FUNCTION_NOT_PERMITTED', 'CKR_FUNCTION_NOT_SUPPORTED'];

/** The mechanisms without a hash: every token that signs has them. */
export function sign(library: Library, use: KeyUse): Uint8Array {
  const { calls, is, session } = library;
  const key = keyOf(library, use);
  const mechanism = use.kind === 'ec' ? is.CKM_ECDSA : is.CKM_RSA_PKCS;
  try {
    calls.C_SignInit(session, { mechanism }, key);
  } catch (cause) {
    if (!CANNOT_SIGN.includes(nameOf(cause))) throw failureOf(library, cause);
    throw new WimError(
      'ERR_TOKEN_CANNOT_SIGN',
      `The token does not sign with its key ${use.id} (${nameOf(cause)}).`,
      { cause },
    );
  }
  loginForOperation(library, key, use.pin);
  return library.call(() => new Uint8Array(calls.C_Sign(session, Buffer.from(use.bytes), Buffer.alloc(512))));
}

function keyOf(library: Library, { id }: KeyUse): Buffer {
  const key = privateKey(library, id);
  if (!key) throw new WimError('ERR_TOKEN_KEY', `The token shows no private key with the id ${id}.`);
  return key;
}
