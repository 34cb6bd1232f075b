import type { Command } from 'commander';
import type { AdminClient } from '../../../../api/client/index.ts';
import { adminFlags, withAdmin } from '../../connections/index.ts';
import { act, type Context } from '../../invocation.ts';

/** A command that is one piece of work at the server. */
export function on(
  parent: Command,
  words: string,
  description: string,
  work: (client: AdminClient, context: Context) => Promise<void>,
): Command {
  const command = adminFlags(parent.command(words).description(description));
  return act(command, (context) => withAdmin(context, (client) => work(client, context)));
}
