import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defaultInterface, isLowAnswer, isMeteredAnswer, isMeteredProperty, machineHold } from './machine.ts';

const scratch = await mkdtemp(join(tmpdir(), 'holdfast-machine-'));
after(() => rm(scratch, { recursive: true }));

let machines = 0;
/** A power directory as Linux shows it, without a network. */
async function holdOf(supplies: Record<string, Record<string, string>>) {
  const power = join(scratch, String(machines++));
  for (const [name, files] of Object.entries(supplies)) {
    await mkdir(join(power, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(power, name, file), `${text}\n`);
  }
  await mkdir(power, { recursive: true });
  return machineHold({ power, routes: join(power, 'none') });
}

const battery = (capacity: string, status = 'Discharging') => ({ type: 'Battery', status, capacity });

test('only a low battery that nothing charges is a reason to wait', async () => {
  const mains = (online: string) => ({ AC: { type: 'Mains', online } });
  assert.equal(await holdOf({ ...mains('0'), BAT0: battery('19') }), 'battery');
  assert.equal(await holdOf({ BAT0: battery('5') }), 'battery');
  assert.equal(
    await holdOf({ BAT0: { type: 'Battery', status: 'Discharging', capacity_level: 'Critical' } }),
    'battery',
  );
  assert.equal(await holdOf({ ...mains('1'), BAT0: battery('5') }), undefined);
  assert.equal(await holdOf({ BAT0: battery('5', 'Charging') }), undefined);
  assert.equal(await holdOf({ BAT0: battery('20') }), undefined);
  assert.equal(await holdOf({ BAT0: battery('3'), BAT1: battery('80') }), undefined);
  assert.equal(await holdOf({ BAT0: battery('3'), BAT1: { ...battery('80'), present: '0' } }), 'battery');
  assert.equal(await holdOf({ mouse: { ...battery('5'), scope: 'Device' } }), undefined);
  assert.equal(await holdOf({ BAT0: { type: 'Battery', status: 'Discharging' } }), undefined);
  assert.equal(await holdOf({}), undefined);
});

test('the interface of the default route, as the kernel lists it', () => {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
  const lines = [
    'wwan0\t00000000\t0101A8C0\t0003\t0\t0\t700\t00000000\t0\t0\t0',
    'wlp2s0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'wlp2s0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0',
  ];
  assert.equal(defaultInterface([head, ...lines, ''].join('\n')), 'wlp2s0');
  assert.equal(defaultInterface([head, lines[2], ''].join('\n')), undefined);
  assert.equal(defaultInterface(''), undefined);
});

test('what NetworkManager says', () => {
  for (const yes of ['GENERAL.METERED:yes\n', 'GENERAL.METERED:yes (guessed)\n'])
    assert.ok(isMeteredAnswer(yes));
  for (const no of [
    'GENERAL.METERED:no\n',
    'GENERAL.METERED:no (guessed)\n',
    'GENERAL.METERED:unknown\n',
    '',
  ])
    assert.ok(!isMeteredAnswer(no));
});

test('what the tool of Termux says, and the property of NetworkManager', () => {
  const said = (percentage: unknown, plugged: string) => isLowAnswer(JSON.stringify({ percentage, plugged }));
  assert.ok(said(19, 'UNPLUGGED'));
  assert.ok(!said(20, 'UNPLUGGED') && !said(5, 'PLUGGED_AC') && !said('5', 'UNPLUGGED'));
  for (const odd of ['', '{', 'null', '[]', 'termux-api is not installed']) assert.ok(!isLowAnswer(odd), odd);
  assert.ok(isMeteredProperty('u 1\n') && isMeteredProperty('u 3\n'));
  assert.ok(!['u 0\n', 'u 2\n', 'u 4\n', 'u 11\n', ''].some(isMeteredProperty));
});

test('tools are asked where files tell nothing; one that hangs tells nothing', async () => {
  const tools = join(scratch, 'tools');
  await mkdir(tools);
  const routes = join(scratch, 'route');
  await writeFile(routes, 'head\nwlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n');
  const tool = (name: string, script: string) =>
    writeFile(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const hold = (power = 'no-such-directory') => machineHold({ power: join(scratch, power), routes, tools });

  assert.equal(await hold(), undefined);
  await tool('termux-battery-status', `echo '{ "percentage": 7, "plugged": "UNPLUGGED" }'`);
  assert.equal(await hold(), 'battery');
  await mkdir(join(scratch, 'told'));
  assert.equal(await hold('told'), undefined, 'the kernel tells, so the tool is not asked');
  await tool('busctl', '[ "$6" = Metered ] && echo u 1');
  assert.equal(await hold('told'), 'metered');
  await tool('nmcli', 'echo GENERAL.METERED:no; [ "$6" = wlan0 ]');
  assert.equal(await hold('told'), undefined, 'what is said of the interface counts');
  await tool('nmcli', 'echo GENERAL.METERED:yes');
  assert.equal(await hold('told'), 'metered');
  await tool('termux-battery-status', 'exec /bin/sleep 60');
  assert.equal(await hold(), 'metered');
});

test('this machine: asked for real, whatever it is', async () => {
  assert.ok([undefined, 'battery', 'metered'].includes(await machineHold()));
});
