import { BaseError } from '../../lib/errors.ts';

export type ClientErrorCode =
  /** The server is not reachable, or does not answer in time, after retries. */
  | 'ERR_SERVER_UNREACHABLE'
  /** What answers is not this server's API: an older version, a gateway's page. */
  | 'ERR_SERVER_ANSWER';

/** The server could not be asked. What it refuses by itself is a `ProblemError`. */
export class ClientError extends BaseError<ClientErrorCode> {
  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(code, 'failed', message, options);
  }
}
