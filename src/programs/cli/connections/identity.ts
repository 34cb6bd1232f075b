import type { Identity } from '../../../api/server/index.ts';
import { usage } from '../errors.ts';

/**
 * The public keys that a server shows. An area that is to trust a server is told by them whose grants count; over
 * http, or from a server that one does not know, compare the thumbprint that `storage area list` shows.
 */
export async function serverIdentity(server: string, signal: AbortSignal): Promise<Identity> {
  const { enrolmentClient } = await import('../../../api/client/index.ts');
  const { httpFetch } = await import('../../../transport/http/index.ts');
  return enrolmentClient({ url: serverUrl(server), fetch: httpFetch }).identity(signal);
}

/** An address as the clients take it. */
export function serverUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text.replace(/\/+$/, '');
  throw usage(`${text} is not the URL of a server (http or https)`);
}
