import type { Context } from '../invocation.ts';
import { stopped } from '../signals.ts';

/** A program that serves: where it is reached, and how it ends. */
export interface Serving {
  readonly url: string;
  close(): Promise<void>;
}

/** Says that it runs, and lets it run until the user stops it: its regular end, exit 0. */
export async function serve(context: Context, what: string, serving: Serving): Promise<void> {
  const { url } = serving;
  context.output.entry({ kind: 'listening', url }, `${what} listens at ${url}`);
  try {
    await stopped(context.signal);
  } finally {
    await serving.close();
  }
}
