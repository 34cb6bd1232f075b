import { AREA_HEADERS } from '../../api/area/index.ts';
import { GrantError } from '../../api/grant/index.ts';
import { problemOf } from '../../api/problem/index.ts';
import { append } from './append.ts';
import { header } from './authorize.ts';
import type { Context } from './context.ts';
import { replaceEnded } from './ended.ts';
import { Refusal } from './errors.ts';
import { type Exchange, sendJson, sendProblem } from './exchange.ts';
import { list } from './list.ts';
import { read } from './read.ts';
import { issueNonce, remove } from './remove.ts';
import { parseTarget } from './target.ts';

/**
 * Serves one request, and answers it whatever happens.
 *
 * @returns an error that was nobody's fault but ours, for the log
 */
export async function handle(context: Context, exchange: Exchange): Promise<unknown> {
  try {
    await dispatch(context, exchange);
  } catch (error) {
    const gone = exchange.request.destroyed && !exchange.request.complete;
    if (gone || exchange.response.headersSent) {
      exchange.response.destroy();
      return gone || isBrokenPipe(error) ? undefined : error;
    }
    if (error instanceof Refusal) {
      const challenge = error.status === 401 ? CHALLENGE : {};
      sendProblem(exchange, problemOf(error, error.status), { ...challenge, ...error.headers });
    } else if (error instanceof GrantError) {
      const ended = error.code === 'ERR_GRANT_ENDED';
      sendProblem(exchange, problemOf(error, ended ? 403 : 401), ended ? {} : CHALLENGE);
    } else {
      // Whatever else it is may hold a path of this machine: the client learns nothing of it.
      sendProblem(exchange, problemOf(undefined, 500));
      return error;
    }
  }
  return undefined;
}

/** RFC 9110 §11.6.1: a 401 names its scheme. */
const CHALLENGE = { 'www-authenticate': 'Holdfast' };

function dispatch(context: Context, exchange: Exchange): Promise<void> | void {
  const { method = '', url = '' } = exchange.request;
  const target = parseTarget(url);
  switch (target.kind) {
    case 'health':
      if (method !== 'GET' && method !== 'HEAD') throw notAllowed('GET, HEAD');
      return sendJson(exchange, 200, { status: 'ok' });
    case 'list':
      if (method !== 'GET') throw notAllowed('GET');
      return list(context, exchange, target);
    case 'nonce':
      if (method !== 'GET') throw notAllowed('GET');
      return issueNonce(context, exchange, target);
    case 'ended':
      if (method !== 'POST' && method !== 'PUT') throw notAllowed('PUT, POST');
      return replaceEnded(context, exchange, target);
    case 'object':
      if (method === 'GET' || method === 'HEAD') return read(context, exchange, target);
      if (
        method === 'DELETE' ||
        (method === 'POST' && header(exchange.request, AREA_HEADERS.op) === 'delete')
      ) {
        return remove(context, exchange, target);
      }
      if (method === 'PUT' || method === 'POST') return append(context, exchange, target);
      throw notAllowed('GET, HEAD, PUT, POST, DELETE');
  }
}

const notAllowed = (methods: string): Refusal =>
  new Refusal('ERR_METHOD', `here are only ${methods}`, { allow: methods });

const isBrokenPipe = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE';
};
