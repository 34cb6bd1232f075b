import type { TokenPlace } from '../../../custody/wim/index.ts';

/** @throws WimError */
export async function changeFilePassphrase(file: string, passphrase: string, next: string): Promise<void> {
  const { changePassphrase } = await import('../../../custody/wim/index.ts');
  await changePassphrase(file, passphrase, next);
}

/** @throws WimError */
export async function changeTokenPin(place: TokenPlace, pin: string, next: string): Promise<void> {
  const { changePin } = await import('../../../custody/wim/index.ts');
  await changePin(place, pin, next);
}

/** @param code the PUK, or the PIN of the security officer. @throws WimError */
export async function unblockToken(place: TokenPlace, code: string, next: string): Promise<void> {
  const { unblockPin } = await import('../../../custody/wim/index.ts');
  await unblockPin(place, code, next);
}
