import { resolve } from 'node:path';
import type { Command } from 'commander';
import { act, type Context } from '../invocation.ts';
import { flag, parseListen } from '../settings/index.ts';
import { parseDuration } from './amounts.ts';
import { serve } from './serving.ts';

const DEFAULT_LISTEN = '127.0.0.1:7410';

/** `server`: the enterprise server. */
export function addServerCommands(program: Command): void {
  const server = program.command('server').description('run an enterprise server');
  const start = server.command('start').description('serve devices and administrators over HTTP');
  flag(start, 'server', '--state <DIR>', 'state directory; the first start writes DIR/admin-token');
  flag(start, 'server', '--listen <HOST:PORT>', `address to listen at; default: ${DEFAULT_LISTEN}`);
  flag(start, 'server', '--url <URL>', 'how devices reach it, where that differs');
  flag(start, 'server', '--behind-proxy', 'a proxy in front says who asks (X-Forwarded-For)');
  flag(start, 'server', '--new-admin-token', 'replace the token; the old one counts no longer');
  flag(
    start,
    'server',
    '--audit-keep <TIME>',
    'how long the audit log keeps what devices did; default: 400d; what administrators did stays',
  );
  act(start, startServer);
}

async function startServer(context: Context): Promise<void> {
  const { settings, output } = context;
  const state = resolve(settings.required('state'));
  const listen = parseListen(settings.text('listen') ?? DEFAULT_LISTEN);
  const url = settings.text('url')?.replace(/\/+$/, '');
  const auditKeep = settings.text('audit-keep');
  const { start } = await import('../../server/index.ts');
  const running = await start({
    state,
    ...listen,
    ...(url === undefined ? {} : { url }),
    ...(auditKeep === undefined ? {} : { auditKeep: parseDuration('--audit-keep', auditKeep) }),
    behindProxy: settings.on('behind-proxy'),
    newAdminToken: settings.on('new-admin-token'),
    ...(output.options.verbose ? {} : { log: quietLog(output) }),
  });
  output.say(`the token of the administrator is in ${running.adminToken}`);
  await serve(context, 'enterprise server', running);
}

/** Without `--verbose` only what somebody should look at is said. */
function quietLog(output: Context['output']): {
  info(): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
} {
  const say = (fields: object, message: string): void =>
    output.notice('ERR_SERVER_LOG', `${message} ${JSON.stringify(fields)}`);
  return { info: () => {}, warn: say, error: say };
}
