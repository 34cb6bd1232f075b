/** The entry of the module's process: requests come and answers go over the IPC channel, one at a time. */
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { WimError } from '../../errors.ts';
import { requestHandler } from './handler.ts';
import { Library } from './library.ts';
import type { Answer, Request } from './protocol.ts';

// The terminal's Ctrl-C is for the program, which ends this process when it is done with it.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
new Worker(join(import.meta.dirname, `watchdog${extname(import.meta.filename)}`)).unref();

const handle = requestHandler(new Library());
let last: Promise<void> = Promise.resolve();
process.on('message', (request: Request) => {
  last = last.then(async () => {
    process.send?.(await answer(request));
  });
});

async function answer(request: Request): Promise<Answer> {
  try {
    return { kind: 'done', value: await handle(request) };
  } catch (error) {
    if (error instanceof WimError) {
      const { code, message, triesLeft } = error;
      return { kind: 'failed', code, message, triesLeft };
    }
    const message = error instanceof Error ? error.message : 'unknown';
    return { kind: 'failed', code: 'ERR_TOKEN_FAILED', message: `The module failed: ${message}.` };
  }
}
