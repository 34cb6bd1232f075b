import { destination, pino } from 'pino';
import type { Log } from './service/index.ts';

/** JSON lines on stderr. Headers and bodies are never logged: they hold tokens, logins and sealed messages. */
export const jsonLog = (level = 'info'): Log =>
  pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, destination(2));
