/** A process that plays devices; told what to do over its channel, one thing at a time (`player.ts`). */

import { AT_ONCE, Crowd, now } from './crowd.ts';
import { enrol } from './device.ts';
import { limited } from './limited.ts';
import type { Answer, Order, Outcome } from './orders.ts';

const ending = new AbortController();
let crowd: Crowd | undefined;

async function obey(order: Order): Promise<Outcome> {
  switch (order.kind) {
    case 'enrol': {
      const turn = limited(AT_ONCE);
      const times: number[] = [];
      const one = async ({ state, code }: { state: string; code: string }): Promise<void> => {
        await enrol(state, code, ending.signal);
        times.push(now());
      };
      await Promise.all(order.devices.map((device) => turn(() => one(device))));
      return { kind: 'done', times };
    }
    case 'settle':
      crowd = new Crowd(order.states);
      await crowd.settle();
      return { kind: 'done', times: [now()] };
    case 'connect':
      crowd?.connect();
      return { kind: 'done', times: [now()] };
    case 'round': {
      const { heard, acknowledged } = await crowd!.round(order);
      return { kind: 'round', heard, acknowledged, failures: crowd!.failures, again: crowd!.again };
    }
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return { kind: 'cpu', seconds: (user + system) / 1e6 };
    }
    case 'end':
      crowd?.close();
      ending.abort();
      return { kind: 'done', times: [] };
  }
}

// Who gave the orders has gone.
process.on('disconnect', () => process.exit());
process.on('message', ({ id, order }: { id: number; order: Order }) => {
  const answer = (outcome: Answer['outcome']): void => {
    process.send?.({ id, outcome } satisfies Answer);
    if (order.kind === 'end') process.disconnect?.();
  };
  obey(order).then(answer, (error: unknown) => answer({ kind: 'failed', message: (error as Error).message }));
});
