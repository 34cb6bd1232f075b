/**
 * Transport: how a request travels to the one who answers it, and the answer back. Plain HTTP(S) is one way
 * (`transport/http`); others carry the same request through gateways. What is asked, and who may ask, is none of
 * its business: requests prove themselves.
 */
export * from './errors.ts';

export interface TransportRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. Length and connection headers are the transport's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that are made anew for each try: a proof of when it was made. What it throws ends the request. */
  readonly proof?: () => Promise<Readonly<Record<string, string>>>;
  /** Sent one after the other as they are, never joined in memory. */
  readonly body?: readonly Uint8Array[];
  /** The answer's body may have this many bytes; 1 MiB unless told. An error answer is cut there, others fail. */
  readonly limit?: number;
  /** Try again where that can help. False for what must not be asked twice. */
  readonly retry?: boolean;
  readonly signal?: AbortSignal;
}

export interface TransportAnswer {
  readonly status: number;
  /** Names in lower case; of repeated ones the values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A host that had answered does not any more, and is waited for (B17); or it does again. Times in ms. */
export type Outage =
  | { readonly kind: 'waiting'; readonly host: string; readonly reason: string; readonly atMost: number }
  | { readonly kind: 'over'; readonly host: string; readonly after: number };

export interface Transport {
  /**
   * Sends the request, again where that helps, and reads the whole answer, whatever its status.
   *
   * @throws TransportError when there was none
   */
  request(request: TransportRequest): Promise<TransportAnswer>;
  close(): Promise<void>;
}
