import type { PublicWayIn } from '../../../custody/wim/index.ts';

/** A way in, as everybody may see it. */
export interface DescribedWay {
  readonly kind: PublicWayIn['kind'];
  readonly name: string;
  /** What two people compare. */
  readonly fingerprint: string;
  readonly decipher: DescribedKey;
  readonly signature: DescribedKey;
}

export interface DescribedKey {
  readonly type: 'P-256' | 'RSA';
  /** RFC 7638. */
  readonly thumbprint: string;
  /** PEM. */
  readonly certificate?: string;
}

export interface DescribedToken {
  readonly label: string;
  readonly serial: string;
  readonly reader: string;
  readonly initialized: boolean;
  readonly locked: boolean;
  readonly keys: readonly (DescribedKey & { readonly id: string; readonly label: string })[];
}

/** From a file with a public part. @throws WimError */
export async function showWay(file: string): Promise<DescribedWay> {
  const { readPublicPart } = await import('../../../custody/wim/index.ts');
  return describe(await readPublicPart(file));
}

/** What is in the slots of a PKCS#11 module, without a PIN. @throws WimError */
export async function showModule(module: string): Promise<DescribedToken[]> {
  const { showTokens } = await import('../../../custody/wim/index.ts');
  return (await showTokens(module)).map(({ label, serial, reader, initialized, locked, keys }) => ({
    label,
    serial,
    reader,
    initialized,
    locked,
    keys: keys.map((key) => ({ id: key.id, label: key.label, ...describeKey(key.part) })),
  }));
}

export async function describe(part: PublicWayIn): Promise<DescribedWay> {
  const { fingerprintOf } = await import('../../../custody/wim/index.ts');
  const { kind, name, decipher, signature } = part;
  return {
    kind,
    name,
    fingerprint: fingerprintOf(part),
    decipher: describeKey(decipher),
    signature: describeKey(signature),
  };
}

function describeKey({ jwk, thumbprint, certificate }: PublicWayIn['decipher']): DescribedKey {
  const type = jwk.kty === 'EC' ? 'P-256' : 'RSA';
  return { type, thumbprint, ...(certificate && { certificate: pem(certificate) }) };
}

/** RFC 7468. */
function pem(der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
