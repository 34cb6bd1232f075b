import { isAbsolute, join } from 'node:path';
import { DeviceError } from '../errors.ts';
import { sign } from './mark.ts';
import { LABEL, launchAgent } from './plist.ts';
import { systemUnit, userUnit } from './unit.ts';

export interface ServiceWish {
  /** `process.platform` */
  readonly platform: string;
  /** For the whole machine, under an account of its own; otherwise for the user who asks. */
  readonly system: boolean;
  /** Absolute paths: the Node that runs it, and `bin/holdfast.js`. */
  readonly node: string;
  readonly program: string;
  /** State directory of the user's device; the one of the system's is {@link SYSTEM_STATE}. */
  readonly state: string;
  /** Home directory, and where configuration lies, of the user. */
  readonly home: string;
  readonly config: string;
}

/** A file that could be written, and what to do around it. */
export interface ServicePlan {
  readonly manager: 'systemd' | 'launchd';
  readonly scope: 'user' | 'system';
  readonly path: string;
  readonly text: string;
  /** It is there while the service is enabled. */
  readonly enabledBy?: string;
  /** Commands for a shell, for those who want them: nothing here runs them. */
  readonly enable: readonly string[];
  readonly disable: readonly string[];
}

const ACCOUNT = 'holdfast';
/** Where systemd makes state directories of services: `StateDirectory` below /var/lib. */
export const SYSTEM_STATE = '/var/lib/holdfast';
const UNIT = 'holdfast.service';

/** @throws DeviceError `ERR_USAGE` where no file of ours would help */
export function planService(wish: ServiceWish): ServicePlan {
  for (const path of [wish.node, wish.program, wish.state])
    if (!isAbsolute(path)) throw new DeviceError('ERR_USAGE', `${path} is not an absolute path`);
  if (wish.platform === 'linux') return wish.system ? forSystem(wish) : forUser(wish);
  if (wish.platform === 'darwin' && !wish.system) return forMac(wish);
  const what = wish.system ? 'a service of the whole system' : 'a service';
  throw new DeviceError(
    'ERR_USAGE',
    `${what} cannot be written for ${wish.platform}; docs/device.md says how to start the agent there`,
  );
}

function forUser({ node, program, state, config }: ServiceWish): ServicePlan {
  const folder = join(config, 'systemd', 'user');
  return {
    manager: 'systemd',
    scope: 'user',
    path: join(folder, UNIT),
    text: sign(userUnit({ node, program, state }), '#'),
    enabledBy: join(folder, 'default.target.wants', UNIT),
    enable: [
      'systemctl --user daemon-reload',
      `systemctl --user enable --now ${UNIT}`,
      '# to run also while you are not logged in:',
      'loginctl enable-linger',
    ],
    disable: [`systemctl --user disable --now ${UNIT}`],
  };
}

function forSystem({ node, program }: ServiceWish): ServicePlan {
  const folder = '/etc/systemd/system';
  return {
    manager: 'systemd',
    scope: 'system',
    path: join(folder, UNIT),
    text: sign(systemUnit({ node, program, state: SYSTEM_STATE }, ACCOUNT, 'holdfast'), '#'),
    enabledBy: join(folder, 'multi-user.target.wants', UNIT),
    enable: [
      `id ${ACCOUNT} || useradd --system --user-group --home-dir ${SYSTEM_STATE} --no-create-home --shell /usr/sbin/nologin ${ACCOUNT}`,
      'systemctl daemon-reload',
      `systemctl enable --now ${UNIT}`,
    ],
    disable: [`systemctl disable --now ${UNIT}`],
  };
}

function forMac({ node, program, state, home }: ServiceWish): ServicePlan {
  const path = join(home, 'Library', 'LaunchAgents', `${LABEL}.plist`);
  return {
    manager: 'launchd',
    scope: 'user',
    path,
    text: sign(launchAgent({ node, program, state }), '<!--'),
    enable: [`launchctl bootstrap gui/$(id -u) ${quoted(path)}`],
    disable: [`launchctl bootout gui/$(id -u)/${LABEL}`],
  };
}

/** POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
