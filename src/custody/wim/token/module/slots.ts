import { isLocked, triesLeftIn } from './failures.ts';
import type { Library } from './library.ts';
import type { TokenDescription } from './protocol.ts';

/** All tokens that are in a slot now. */
export function listTokens(library: Library): TokenDescription[] {
  const { calls, is } = library;
  return library
    .call(() => calls.C_GetSlotList(true))
    .flatMap((slot) => {
      // It may be gone since, or be none that the module knows.
      const gone = ['CKR_TOKEN_NOT_PRESENT', 'CKR_DEVICE_REMOVED', 'CKR_TOKEN_NOT_RECOGNIZED'];
      const info = library.attempt(() => calls.C_GetTokenInfo(slot), ...gone);
      if (!info) return [];
      return {
        slot: slot.toString('hex'),
        reader: trimmed(library.call(() => calls.C_GetSlotInfo(slot)).slotDescription),
        label: trimmed(info.label),
        manufacturer: trimmed(info.manufacturerID),
        model: trimmed(info.model),
        serial: trimmed(info.serialNumber),
        initialized: (info.flags & is.CKF_TOKEN_INITIALIZED) !== 0,
        pinAtReader: (info.flags & is.CKF_PROTECTED_AUTHENTICATION_PATH) !== 0,
        triesLeft: triesLeftIn(info.flags),
        locked: isLocked(info.flags),
      };
    });
}

/** Fields are filled up with blanks; what a token says is shown, so nothing that steers a terminal stays. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to go
const trimmed = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').trim();
