import { request } from 'node:http';
import { connect } from 'node:net';
import { DeviceApiError, type DeviceTransport, LineReader, MAX_LINE } from '../../../api/device/index.ts';
import { PROBLEM_TYPE } from '../../../api/problem/index.ts';
import { concat, fromUtf8Strict } from '../../../lib/bytes.ts';

/** Carries calls to the agent that serves this socket. */
export function socketTransport(path: string): DeviceTransport {
  return {
    call(operation, params, { onEvent, signal }) {
      const body = JSON.stringify(params);
      return new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
        const options = {
          socketPath: path,
          method: 'POST',
          path: `/v1/${operation}`,
          headers,
          agent: false,
          signal,
        };
        const sent = request(options, (response) => {
          // Read one piece after the other, so that a slow reader of events slows the device down.
          const read = response.headers['content-type'] === PROBLEM_TYPE ? readProblem : readLines;
          read(response, onEvent).then(resolve, reject);
        });
        sent.on('error', (cause) => {
          const message = `the agent at ${path} does not answer: ${cause.message}`;
          reject(signal?.aborted ? signal.reason : new DeviceApiError('ERR_DEVICE_GONE', message, { cause }));
        });
        sent.end(body);
      });
    },
  };
}

type Read = (
  answer: AsyncIterable<Uint8Array>,
  onEvent: (event: unknown) => void | Promise<void>,
) => Promise<void>;

const readLines: Read = async (answer, onEvent) => {
  const lines = new LineReader();
  for await (const piece of whole(answer)) {
    for (const event of lines.push(piece)) await onEvent(event);
  }
  lines.end();
};

const readProblem: Read = async (answer, onEvent) => {
  let text: Uint8Array = new Uint8Array();
  for await (const piece of whole(answer)) {
    text = concat(text, piece);
    if (text.length > MAX_LINE) throw new DeviceApiError('ERR_DEVICE_API', 'the answer is too long');
  }
  let problem: unknown;
  try {
    problem = JSON.parse(fromUtf8Strict(text));
  } catch (cause) {
    throw new DeviceApiError('ERR_DEVICE_API', 'the answer is no JSON', { cause });
  }
  await onEvent({ kind: 'problem', problem });
};

/** An answer that breaks off is the agent's end, not an odd error of the network. */
async function* whole(answer: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* answer;
  } catch (cause) {
    if ((cause as Error).name === 'AbortError') throw cause;
    throw new DeviceApiError('ERR_DEVICE_GONE', 'the agent went away before it was done', { cause });
  }
}

/** Does anyone serve this socket? A socket file that a crash left behind answers nobody. */
export function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path);
    const done = (served: boolean) => {
      connection.destroy();
      resolve(served);
    };
    connection.once('connect', () => done(true));
    connection.once('error', () => done(false));
  });
}
