import type { WayParams } from '../../../api/device/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';

/** Opens a way in: the file with its passphrase, the phrase, or the token with its PIN. To be closed. @throws WimError */
export async function openWay(way: WayParams): Promise<WayIn> {
  // Loaded here: a backup needs none of it.
  const wim = await import('../../../custody/wim/index.ts');
  switch (way.kind) {
    case 'software':
      return wim.openSoftwareWim(way.path, way.passphrase);
    case 'phrase':
      return wim.wayInFromPhrase(way.words);
  }
}
