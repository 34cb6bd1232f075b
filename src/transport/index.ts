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

export interface Transport {
  /**
   * Sends the request, again where that helps, and reads the whole answer, whatever its status.
   *
   * @throws TransportError when there was none
   */
  request(request: TransportRequest): Promise<TransportAnswer>;
  close(): Promise<void>;
}
