import { AREA_HEADERS, ENDED_PATH, formatDigest, parseAreaUri } from '../../../api/area/index.ts';
import { keySigner, publicKey, signEnded, signProof, thumbprint } from '../../../api/grant/index.ts';
import { toBase64Url, utf8 } from '../../../lib/bytes.ts';
import { areasToTell, endedKeys, markNotTold, markTold } from '../store/index.ts';
import type { Context } from './context.ts';

/** Grants live 400 days at most: what was ended earlier need not be on the list. */
const LONGEST_GRANT = 400 * 24 * 3600 * 1000;
const FIRST_PAUSE = 30_000;
const LONGEST_PAUSE = 3_600_000;
const TIMEOUT = 20_000;

const LOOK_EVERY = 30_000;

/** Looks now and then, and when it is told to, for areas that have not got the newest list. */
export class AreaTeller {
  readonly #ctx: Context;
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#timer = setInterval(() => this.look(), LOOK_EVERY);
    this.#timer.unref();
  }

  look(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Somebody may have asked while the last look was ending.
      if (this.#again && !this.#closing.signal.aborted) this.look();
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closing.signal.aborted) {
      this.#again = false;
      await tellAreas(this.#ctx, this.#closing.signal).catch((error: unknown) => {
        this.#ctx.log.error({ err: error }, 'cannot tell areas which keys are ended');
      });
    }
  }
}

/**
 * Brings the signed list of ended keys to every area that has not got the newest (B14). An area that cannot be
 * reached is tried again, less and less often; until then the grants of a revoked device run out by themselves.
 */
async function tellAreas(ctx: Context, signal: AbortSignal): Promise<void> {
  for (const area of await areasToTell(ctx.db, ctx.clock())) {
    if (signal.aborted) return;
    const now = ctx.clock();
    const rows = (await endedKeys(ctx.db, area)).filter((row) => row.ended > now - LONGEST_GRANT);
    try {
      await deliver(
        ctx,
        area,
        rows.map((row) => row.thumbprint),
        now,
        signal,
      );
      await markTold(ctx.db, area, now);
      ctx.log.info({ area, keys: rows.length }, 'the area has the list of ended keys');
    } catch (error) {
      const attempts = Math.max(0, ...rows.map((row) => row.attempts));
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempts);
      await markNotTold(ctx.db, area, now + pause);
      const why = error instanceof Error ? error.message : String(error);
      ctx.log.warn(
        { area, attempts: attempts + 1, pause, why },
        'the area did not take the list of ended keys',
      );
    }
  }
}

async function deliver(
  ctx: Context,
  uri: string,
  ended: string[],
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const { base, area } = parseAreaUri(uri);
  const { d: _, ...identityKey } = ctx.identity.identityKey;
  const sign = keySigner(ctx.identity.identityKey);
  const iss = await thumbprint(publicKey(identityKey));
  const list = utf8(await signEnded(sign, { ...{ iss, area, ended }, iat: now }));
  const sha256 = ctx.platform.sha256(list);
  const proof = await signProof(
    sign,
    { ...{ op: 'end' as const, area, path: '' }, digest: toBase64Url(sha256) },
    now,
  );
  const response = await fetch(`${base}/areas/${area}/${ENDED_PATH}`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/jose',
      [AREA_HEADERS.digest]: formatDigest(sha256),
      [AREA_HEADERS.proof]: proof,
    },
    body: new Uint8Array(list),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the area answered ${response.status}`);
}
