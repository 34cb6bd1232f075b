/** Units of systemd: systemd.unit(5), systemd.service(5), systemd.exec(5). */
import { DeviceError } from '../errors.ts';

export interface Command {
  /** Absolute paths. */
  readonly node: string;
  readonly program: string;
  readonly state: string;
}

/** Below the user's own manager: it has the user's rights, and sees what the user sees. */
export function userUnit(command: Command): string {
  return `[Unit]
Description=Holdfast: backup agent

[Service]
${service(command)}NoNewPrivileges=yes

[Install]
WantedBy=default.target
`;
}

/**
 * Under an account of its own, out of reach of the users whose data it backs up (B7). It may read everything, since
 * that is its task, and write its own state, nothing else. JavaScript is compiled to memory as it runs, so
 * MemoryDenyWriteExecute cannot be had.
 */
export function systemUnit(command: Command, account: string, stateName: string): string {
  return `[Unit]
Description=Holdfast: backup agent
Wants=network-online.target
After=network-online.target

[Service]
User=${account}
Group=${account}
StateDirectory=${stateName}
StateDirectoryMode=0700
${service(command)}AmbientCapabilities=CAP_DAC_READ_SEARCH
CapabilityBoundingSet=CAP_DAC_READ_SEARCH
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

const service = ({ node, program, state }: Command): string => `Type=exec
ExecStart=${executable(node)} ${[program, 'device', 'run', '--state', state].map(argument).join(' ')}
Restart=on-failure
RestartSec=30s
# What makes no sense now will make none in 30 seconds.
RestartPreventExitStatus=2
# Stopped in the middle of a backup: the next start goes on with it.
SuccessExitStatus=130
UMask=0077
Nice=10
IOSchedulingClass=idle
`;

/** systemd.service(5), "Command lines": quotes, specifiers (%) and variables ($) mean something. */
const argument = (text: string): string =>
  `"${plain(text).replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

/** Versions of systemd differ in what `$` means in the first word. */
function executable(path: string): string {
  if (!path.includes('$')) return argument(path);
  throw new DeviceError('ERR_USAGE', `a unit cannot start ${path}: there is a $ in its path`);
}

/** A path with a line end would be a line of its own. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (!/[\u0000-\u001f\u007f]/.test(text)) return text;
  throw new DeviceError('ERR_USAGE', `${JSON.stringify(text)} has control characters in it`);
}
