import { WimError } from '../../errors.ts';
import { failureOf, isGone, nameOf } from './failures.ts';
import type { Library } from './library.ts';
import { objects, P256 } from './objects.ts';
import type { Operations } from './protocol.ts';

/** A key pair that never leaves the token, for one use. */
export function makeKeyPair(library: Library, ask: Operations['generate']['ask']): void {
  const { calls, is, session } = library;
  const common = [
    { type: is.CKA_TOKEN, value: true },
    { type: is.CKA_ID, value: Buffer.from(ask.id, 'hex') },
    { type: is.CKA_LABEL, value: ask.label },
  ];
  const ec = ask.kind === 'ec';
  const [open, secret] = uses(library, ask);
  const publicTemplate = [
    ...common,
    { type: is.CKA_PRIVATE, value: false },
    ...open,
    ...(ec
      ? [{ type: is.CKA_EC_PARAMS, value: P256 }]
      : [
          { type: is.CKA_MODULUS_BITS, value: 2048 },
          { type: is.CKA_PUBLIC_EXPONENT, value: Buffer.of(1, 0, 1) },
        ]),
  ];
  const privateTemplate = [
    ...common,
    { type: is.CKA_PRIVATE, value: true },
    { type: is.CKA_SENSITIVE, value: true },
    { type: is.CKA_EXTRACTABLE, value: false },
    ...secret,
  ];
  const mechanism = ec ? is.CKM_EC_KEY_PAIR_GEN : is.CKM_RSA_PKCS_KEY_PAIR_GEN;
  making(library, () => calls.C_GenerateKeyPair(session, { mechanism }, publicTemplate, privateTemplate));
}

function uses({ is }: Library, { kind, use }: Operations['generate']['ask']) {
  const on = (type: number) => [{ type, value: true }];
  if (use === 'signature') return [on(is.CKA_VERIFY), on(is.CKA_SIGN)] as const;
  return kind === 'ec'
    ? ([on(is.CKA_DERIVE), on(is.CKA_DERIVE)] as const)
    : ([on(is.CKA_ENCRYPT), on(is.CKA_DECRYPT)] as const);
}

export function putCertificate(library: Library, ask: Operations['certify']['ask']): void {
  const { calls, is, session } = library;
  making(library, () =>
    calls.C_CreateObject(session, [
      { type: is.CKA_CLASS, value: is.CKO_CERTIFICATE },
      { type: is.CKA_CERTIFICATE_TYPE, value: is.CKC_X_509 },
      { type: is.CKA_TOKEN, value: true },
      { type: is.CKA_PRIVATE, value: false },
      { type: is.CKA_ID, value: Buffer.from(ask.id, 'hex') },
      { type: is.CKA_LABEL, value: ask.label },
      { type: is.CKA_SUBJECT, value: Buffer.from(ask.subject) },
      { type: is.CKA_ISSUER, value: Buffer.from(ask.issuer) },
      { type: is.CKA_SERIAL_NUMBER, value: Buffer.from(ask.serial) },
      { type: is.CKA_VALUE, value: Buffer.from(ask.certificate) },
    ]),
  );
}

/** Everything that goes by an id. */
export function removeKey(library: Library, id: string): void {
  const { calls, is, session } = library;
  for (const type of [is.CKO_CERTIFICATE, is.CKO_PUBLIC_KEY, is.CKO_PRIVATE_KEY])
    for (const object of objects(library, type, id))
      library.call(() => calls.C_DestroyObject(session, object));
}

/** Cards differ in how they say that keys are made by their own tool only. */
function making<T>(library: Library, what: () => T): T {
  try {
    return what();
  } catch (cause) {
    const name = nameOf(cause);
    if (name === '' || isGone(name)) throw failureOf(library, cause);
    throw new WimError(
      'ERR_TOKEN_CANNOT_MAKE',
      `The token does not make keys or keep certificates this way (${name}). Make a decipher and a signature key with ` +
        'the tool of its maker (on a PIV card in the slots 9D and 9C, with certificates), then adopt them.',
      { cause },
    );
  }
}
