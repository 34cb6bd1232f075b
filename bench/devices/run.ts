/** Enrol, connect, change the policy of all: what it takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeMachine } from '../measure/index.ts';
import type { DevicesOptions } from './options.ts';
import { Player } from './player.ts';
import type { DevicesReport, Push } from './report.ts';
import { enrolAll } from './seed.ts';
import { type Stage, setStage } from './stage.ts';

export async function measureDevices(
  options: DevicesOptions,
  say: (line: string) => void,
): Promise<DevicesReport> {
  const machine = describeMachine(options.dir ?? '/tmp');
  await using stage = await setStage(options);
  await using players = new AsyncDisposableStack();
  const playing = Array.from({ length: options.processes }, (_, n) =>
    players.use(new Player(profiled(options, n))),
  );
  const { admin, server, states } = stage;
  const files = server.files();
  const all = <T>(ask: (player: Player, n: number) => Promise<T>): Promise<T[]> =>
    Promise.all(playing.map(ask));
  const partOf = (n: number): string[] => states.filter((_, i) => i % playing.length === n);

  if (stage.enrolled === 0) await admin.applyPolicies([policy(24)]);
  say(stage.enrolled === 0 ? `enrolling ${states.length} devices` : 'the devices are enrolled already');
  const before = server.cpu();
  const enrolment =
    stage.enrolled === 0
      ? {
          ...(await enrolAll({ admin, players: playing, states, each: options.each })),
          serverCpu: server.cpu() - before,
        }
      : undefined;

  say('all fetch their first message');
  const settle = await timed(stage, playing, () =>
    all((player, n) => player.ask({ kind: 'settle', states: partOf(n) })),
  );
  await stage.keep();

  // Connections that were kept for a next request are closed by then, and not taken for streams.
  await sleep(6000);
  say('all connect');
  server.forgetPeak();
  const connect = await timed(stage, playing, async () => {
    await all((player) => player.ask({ kind: 'connect' }));
    // Asking for a list of all would keep the server from letting them in: its connections are counted.
    while (server.files() < files + states.length) await sleep(250);
  });
  await sleep(2000);
  const [resident, connecting] = [server.resident(), server.peak()];

  server.forgetPeak();
  say('another policy for all, who only listen');
  const wake = await change(stage, playing, 6, false);
  say('they fetch it');
  const fetch = await change(stage, playing, undefined, true);
  say('another policy for all');
  const push = await change(stage, playing, 12, true);
  const peak = Math.max(connecting, server.peak());
  const list = await timed(stage, playing, () => admin.devices());
  const listing = server.peak();
  // The server itself says who has what.
  const current = (await admin.devices()).filter(({ acknowledged, sent }) => acknowledged === sent).length;
  return {
    ...{ v: 1, date: new Date().toISOString().slice(0, 10), machine, version: stage.version },
    ...{
      devices: states.length,
      processes: options.processes,
      users: Math.ceil(states.length / options.each),
    },
    ...(enrolment ? { enrolment } : {}),
    ...{ settle, connect, resident, peak, listing, wake, fetch, push, list, current },
  };
}

/**
 * Applies a policy, unless one waits already, and waits until all have heard of it and, with `fetch`, acknowledged it.
 *
 * @param hours what is different in it
 */
async function change(
  stage: Stage,
  players: readonly Player[],
  hours: number | undefined,
  fetch: boolean,
): Promise<Push> {
  const rounds = Promise.all(players.map((player) => player.ask({ kind: 'round', fetch })));
  const began = performance.timeOrigin + performance.now();
  let answered = 0;
  const cost = await timed(stage, players, async () => {
    if (hours !== undefined) await stage.admin.applyPolicies([policy(hours)]);
    answered = performance.timeOrigin + performance.now();
    await rounds;
  });
  const done = await rounds;
  const seconds = (times: readonly number[]): number[] =>
    times.map((at) => (at - began) / 1000).sort((a, b) => a - b);
  const heard = seconds(done.flatMap((one) => one.heard));
  const acknowledged = seconds(done.flatMap((one) => one.acknowledged));
  return {
    ...cost,
    applied: (answered - began) / 1000,
    heard: spread(heard),
    ...(acknowledged.length > 0 ? { acknowledged: spread(acknowledged) } : {}),
    failures: done.reduce((sum, { failures }) => sum + failures, 0),
    again: done.reduce((sum, { again }) => sum + again, 0),
  };
}

const spread = (sorted: readonly number[]) => ({
  first: sorted[0] ?? 0,
  half: sorted[sorted.length >> 1] ?? 0,
  last: sorted.at(-1) ?? 0,
});

/** Wall seconds, and CPU seconds of the server and of the processes that play devices. */
async function timed({ server }: Stage, players: readonly Player[], work: () => Promise<unknown>) {
  const cpu = async (): Promise<number> =>
    (await Promise.all(players.map((player) => player.ask({ kind: 'cpu' })))).reduce(
      (sum, { seconds }) => sum + seconds,
      0,
    );
  const [theirs, ours, began] = [server.cpu(), await cpu(), performance.now()];
  await work();
  const wall = (performance.now() - began) / 1000;
  return { wall, serverCpu: server.cpu() - theirs, devicesCpu: (await cpu()) - ours };
}

const profiled = ({ profiles }: DevicesOptions, n: number): string[] =>
  profiles === undefined || n > 0
    ? []
    : ['--cpu-prof', `--cpu-prof-dir=${profiles}`, '--cpu-prof-name=devices.cpuprofile'];

/** What an administrator would change for all: how often they back up. */
const policy = (hours: number) => ({
  file: 'everyone.yaml',
  source: `name: everyone
scope: { global: true }
databases:
  "*": { backup: allow, encrypt: user, custody: company, into: allow }
destinations: [ { area: "http://127.0.0.1:9/areas/AAAAAAAAAAAAAAAAAAAAAA" } ]
schedule: { every: ${hours}h }
`,
});
