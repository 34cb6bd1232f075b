import { AREA_HEADERS, type AreaLocation, areaUri } from '../../api/area/index.ts';
import { type ProofSubject, type Right, type Signer, signProof } from '../../api/grant/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { DestinationError } from '../../set/index.ts';
import {
  type Transport,
  type TransportAnswer,
  TransportError,
  type TransportRequest,
} from '../../transport/index.ts';
import { refusal } from './refusal.ts';

/** What the device holds for this area at the moment, each a compact JWT. */
export type Grants = { readonly [R in Right]?: string | undefined };

/** One request to an area: what it asks, and how it travels. */
export interface AreaRequest {
  readonly right: Right;
  readonly method: string;
  /** The area and the grant are filled in. */
  readonly subject: Omit<ProofSubject, 'area' | 'grant'>;
  /** Behind `/areas/ID/`, with its query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly Uint8Array[];
  readonly limit?: number;
}

export interface AreaClientOptions {
  readonly location: AreaLocation;
  readonly transport: Transport;
  readonly grants: () => Grants;
  readonly sign: Signer;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** Asks an area, with grant and proof. */
export class AreaClient {
  readonly #options: AreaClientOptions;
  readonly #base: string;

  constructor(options: AreaClientOptions) {
    this.#options = options;
    this.#base = areaUri({ ...options.location, place: '' });
  }

  /** @returns the answer if its status is one of `accepted`. @throws DestinationError, TransportError when aborted */
  async ask(request: AreaRequest, accepted: readonly number[]): Promise<TransportAnswer> {
    const { signal } = this.#options;
    const answer = await this.#send({
      method: request.method,
      url: `${this.#base}/${request.target}`,
      ...(request.headers ? { headers: request.headers } : {}),
      // A proof is good for some minutes, and a grant may be renewed while the area is waited for.
      proof: () => this.#prove(request),
      ...(request.body ? { body: request.body } : {}),
      ...(request.limit === undefined ? {} : { limit: request.limit }),
      ...(signal ? { signal } : {}),
    });
    if (accepted.includes(answer.status)) return answer;
    throw refusal(answer, request.subject.path, this.#base);
  }

  async #prove(request: AreaRequest): Promise<Record<string, string>> {
    const { location, grants, sign, clock } = this.#options;
    const grant = grants()[request.right];
    if (grant === undefined) {
      throw new DestinationError(
        'ERR_DESTINATION_DENIED',
        `this device has no grant to ${request.right} in ${this.#base}; refresh its policy, or renew its grants`,
      );
    }
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(grant));
    const subject: ProofSubject = {
      ...request.subject,
      area: location.area,
      grant: new Uint8Array(hash).toBase64({ alphabet: 'base64url', omitPadding: true }),
    };
    return {
      [AREA_HEADERS.grant]: grant,
      [AREA_HEADERS.proof]: await signProof(sign, subject, clock()),
    };
  }

  async #send(request: TransportRequest): Promise<TransportAnswer> {
    try {
      return await this.#options.transport.request(request);
    } catch (cause) {
      if (!(cause instanceof TransportError) || cause.code === 'ERR_TRANSPORT_ABORTED') throw cause;
      const code =
        cause.code === 'ERR_TRANSPORT_TOO_LONG' ? 'ERR_OBJECT_MALFORMED' : 'ERR_DESTINATION_UNAVAILABLE';
      throw new DestinationError(code, `${this.#base}: ${cause.message}`, { cause });
    }
  }
}
