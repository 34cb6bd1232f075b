import { LOGIN_WINDOW, MessageError } from '../../../policy/message/index.ts';
import { ServerError } from '../errors.ts';

/** At most this many logins are remembered; beyond that none is accepted until some are over. */
const MAX_LOGINS = 200_000;
/** Of one device, so that one alone cannot shut out the others: three a second, all the time. */
const MAX_PER_DEVICE = 2000;

/** Remembers logins for as long as they could be used again, in memory: each counts once (B15). */
export class Logins {
  readonly #held = new Map<string, { readonly device: string; readonly time: number }>();
  readonly #counts = new Map<string, number>();

  /**
   * @param now Unix ms
   * @throws MessageError `ERR_LOGIN` when it was used before
   * @throws ServerError `ERR_TOO_MANY_ATTEMPTS` when there are too many
   */
  use(id: string, device: string, now: number): void {
    this.#forget(now);
    if (this.#held.has(id)) throw new MessageError('ERR_LOGIN', 'The login is refused: it was used before.');
    const count = this.#counts.get(device) ?? 0;
    if (count >= MAX_PER_DEVICE || this.#held.size >= MAX_LOGINS) {
      throw new ServerError('ERR_TOO_MANY_ATTEMPTS', 'too many requests within some minutes; wait a while');
    }
    this.#held.set(id, { device, time: now });
    this.#counts.set(device, count + 1);
  }

  #forget(now: number): void {
    for (const [id, { device, time }] of this.#held) {
      if (now - time <= 2 * LOGIN_WINDOW) break;
      this.#held.delete(id);
      const left = this.#counts.get(device)! - 1;
      if (left > 0) this.#counts.set(device, left);
      else this.#counts.delete(device);
    }
  }
}
