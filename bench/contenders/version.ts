import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The first line that a program says of its version; undefined when it is not installed. */
export async function version(program: string, words: readonly string[]): Promise<string | undefined> {
  try {
    return (await run(program, words)).stdout.split('\n', 1)[0];
  } catch {
    return undefined;
  }
}
