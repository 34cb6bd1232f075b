import type { KeyHolder } from '../../../backup/index.ts';

/** The same keys for one run: its data keys are kept nowhere. */
export function keptNowhere(holder: KeyHolder): KeyHolder {
  const keyrings = new Map<string, Uint8Array>();
  return {
    device: holder.device,
    sign: (typ, payload) => holder.sign(typ, payload),
    recipients: (use) => holder.recipients(use),
    identities: () => holder.identities(),
    keyring: (chain) => keyrings.get(chain),
    keepKeyring: (chain, state) => void keyrings.set(chain, state),
    forgetKeyring: (chain) => void keyrings.delete(chain),
  };
}
