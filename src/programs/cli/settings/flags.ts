import { type Command, Option } from 'commander';

/** Whose setting a flag is: the middle of its environment variable, and its section in the file. */
export type FlagProgram = 'quickstart' | 'server' | 'admin' | 'storage' | 'device' | 'global';

/** `text` takes a value, `list` may be given again and again, `switch` stands alone. */
export type FlagKind = 'text' | 'list' | 'switch';

/** A flag that knows its environment variable. */
export class Flag extends Option {
  readonly program: FlagProgram;
  readonly kind: FlagKind;

  constructor(program: FlagProgram, flags: string, description: string) {
    const repeated = flags.endsWith('…');
    super(repeated ? flags.slice(0, -1) : flags, description);
    this.program = program;
    this.kind = repeated ? 'list' : this.required ? 'text' : 'switch';
    if (repeated) this.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }

  /** `HOLDFAST_DEVICE_STATE`; `HOLDFAST_JSON` for the flags of every command. */
  get variable(): string {
    const program = this.program === 'global' ? '' : `${this.program}_`;
    return `HOLDFAST_${program}${this.name()}`.replaceAll('-', '_').toUpperCase();
  }
}

/**
 * Adds a flag to a command. `flags` as commander has them (`--state <DIR>`), with `…` behind it when the flag may
 * be given several times.
 */
export function flag(command: Command, program: FlagProgram, flags: string, description: string): Command {
  return command.addOption(new Flag(program, flags, description));
}
