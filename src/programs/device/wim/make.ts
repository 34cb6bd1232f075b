import type { KeyChoice, KeyKind, TokenPlace, WayIn } from '../../../custody/wim/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { type DescribedWay, describe } from './show.ts';

/** Asks for the PIN of a token, by its label. */
export type TypePin = (token: string, why: 'login' | 'signature', lastTry: boolean) => Promise<string>;

/** A key file under a passphrase, and its public part beside it. @throws WimError */
export async function makeKeyFile(file: string, name: string, passphrase: string): Promise<DescribedWay> {
  const { createSoftwareWim } = await import('../../../custody/wim/index.ts');
  return kept(await createSoftwareWim(file, name, passphrase));
}

/** Keys on a token; `file` takes the public part. @throws WimError */
export async function makeOnToken(
  place: TokenPlace,
  file: string,
  name: string,
  kind: KeyKind,
  typePin: TypePin,
): Promise<DescribedWay> {
  const { initToken } = await import('../../../custody/wim/index.ts');
  return withPublicPart(file, () => initToken(place, name, asking(typePin), kind));
}

/** Keys that are on a token already; `file` takes the public part. @throws WimError */
export async function adopt(
  place: TokenPlace,
  file: string,
  name: string,
  choice: KeyChoice,
  typePin: TypePin,
): Promise<DescribedWay> {
  const { adoptToken } = await import('../../../custody/wim/index.ts');
  return withPublicPart(file, () => adoptToken(place, name, asking(typePin), choice));
}

/** The file is begun before keys are made that nobody could find again. */
async function withPublicPart(file: string, make: () => Promise<WayIn>): Promise<DescribedWay> {
  const { refuseExisting, writePublicPart } = await import('../../../custody/wim/index.ts');
  await refuseExisting(file);
  const way = await make();
  try {
    await writePublicPart(file, way.public);
    return await describe(way.public);
  } finally {
    await way.close();
  }
}

async function kept(way: WayIn): Promise<DescribedWay> {
  await way.close();
  return describe(way.public);
}

const asking =
  (typePin: TypePin) =>
  ({ token, reason, triesLeft }: Parameters<import('../../../custody/wim/index.ts').AskPin>[0]) =>
    typePin(token.label, reason, triesLeft === 'one');

/** 24 words of 256 random bits (BIP-39) in a file that only its owner reads. @throws WimError `ERR_WIM_EXISTS` */
export async function makePhrase(path: string): Promise<void> {
  const { phraseOf, writePhrase } = await import('../../../custody/wim/index.ts');
  await writePhrase(path, phraseOf(nodePlatform.random(32)));
}
