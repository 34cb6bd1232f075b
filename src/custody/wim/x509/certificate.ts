import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { der, oid } from './der.ts';

export interface CertificateRequest {
  /** Common names. */
  readonly subject: string;
  readonly issuer: string;
  readonly key: KeyObject;
  readonly issuerKey: KeyObject;
  readonly use: 'decipher' | 'signature';
  /** Of the issuer's key. */
  readonly algorithm: 'ES256' | 'RS256';
  /** By the issuer's key, as in a JWS. */
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
  readonly notBefore: Date;
}

/** All DER. */
export interface Certificate {
  readonly certificate: Uint8Array;
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
}

/** No end is known (RFC 5280 §4.1.2.5): keys end by the owner record. */
const NO_END = new Date('9999-12-31T23:59:59Z');

/** RFC 5280 §4.1. */
export async function makeCertificate(request: CertificateRequest): Promise<Certificate> {
  const { key, algorithm, sign, notBefore } = request;
  const [subject, issuer] = [nameOf(request.subject), nameOf(request.issuer)];
  // Positive, and no zero in front.
  const number = new Uint8Array(randomBytes(16));
  number[0] = (number[0]! & 0x3f) | 0x40;
  const serial = der.integer(number);
  const signature =
    algorithm === 'ES256' ? der.sequence(oid.ecdsaWithSha256) : der.sequence(oid.sha256WithRsa, NULL);
  const content = der.sequence(
    der.explicit(0, der.integer(Uint8Array.of(2))),
    serial,
    signature,
    issuer,
    der.sequence(der.time(notBefore), der.time(NO_END)),
    subject,
    new Uint8Array(key.export({ type: 'spki', format: 'der' })),
    der.explicit(3, extensions(request)),
  );
  const signed = await sign(content);
  const value = algorithm === 'ES256' ? ecdsaValue(signed) : signed;
  return { certificate: der.sequence(content, signature, der.bits(value)), subject, issuer, serial };
}

const NULL = Uint8Array.of(5, 0);

const nameOf = (commonName: string): Uint8Array =>
  der.sequence(der.set(der.sequence(oid.commonName, der.utf8(commonName))));

/** Bits from the left, and how many of the byte's are unused (RFC 5280 §4.2.1.3; RFC 5480 §3 for P-256). */
function usageOf(use: 'decipher' | 'signature', key: KeyObject): readonly [bits: number, unused: number] {
  // digitalSignature and keyCertSign; keyAgreement; keyEncipherment
  if (use === 'signature') return [0b1000_0100, 2];
  return key.asymmetricKeyType === 'ec' ? [0b0000_1000, 3] : [0b0010_0000, 5];
}

function extensions({ key, issuerKey, use }: CertificateRequest): Uint8Array {
  const [bits, unused] = usageOf(use, key);
  const certifies = use === 'signature';
  const part = (name: Uint8Array, value: Uint8Array, critical: boolean) =>
    der.sequence(name, ...(critical ? [der.true] : []), der.octets(value));
  return der.sequence(
    part(oid.basicConstraints, der.sequence(...(certifies ? [der.true] : [])), true),
    part(oid.keyUsage, der.bits(Uint8Array.of(bits), unused), true),
    part(oid.subjectKeyIdentifier, der.octets(identifierOf(key)), false),
    part(oid.authorityKeyIdentifier, der.sequence(der.tagged(0, identifierOf(issuerKey))), false),
  );
}

/** Any that tells keys apart (RFC 7093 §2). */
const identifierOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest(),
  ).slice(0, 20);

/** From r | s to the sequence of both (RFC 3279 §2.2.3). */
const ecdsaValue = (signature: Uint8Array): Uint8Array =>
  der.sequence(
    der.integer(shortest(signature.subarray(0, 32))),
    der.integer(shortest(signature.subarray(32))),
  );

const shortest = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(Math.min(bytes.findIndex((byte) => byte !== 0) >>> 0, bytes.length - 1));
