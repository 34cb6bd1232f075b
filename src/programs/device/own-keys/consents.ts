/** What a user has agreed to for their personal data: whom policy may let in (U1). */
import { z } from 'zod';
import { custodySchema } from '../../../api/device/index.ts';
import type { Custody, DecidedRule } from '../../../policy/rules/index.ts';
import { type Home, readJson, writeDurably } from '../home/index.ts';

const entrySchema = z.object({
  /** What it was sealed for last, or what the user said yes to. */
  accepted: custodySchema.or(z.literal('plain')),
  /** What the user said no to. */
  declined: custodySchema.or(z.literal('plain')).optional(),
});
const fileSchema = z.object({
  v: z.literal(1),
  /** Id of the user. */
  user: z.string(),
  personal: z.record(z.string(), entrySchema),
});
type Entry = z.infer<typeof entrySchema>;

/** Whom a rule lets in; `plain`: everyone. */
export type LetIn = Custody | 'plain';

/** A change that policy wants, and that the user has to see first: the company could open it alone from then on. */
export interface Change {
  readonly from: LetIn;
  readonly to: LetIn;
  readonly policy: string;
  readonly declined: boolean;
}

/** By database, for items of class `personal`. */
export class Consents {
  readonly #home: Home;
  readonly #user: string;
  readonly #entries: Map<string, Entry>;
  #changed = false;

  private constructor(home: Home, user: string, entries: Map<string, Entry>) {
    this.#home = home;
    this.#user = user;
    this.#entries = entries;
  }

  static async read(home: Home, user: string): Promise<Consents> {
    const file = await readJson(home.consents, (value) => fileSchema.parse(value));
    return new Consents(home, user, new Map(file?.user === user ? Object.entries(file.personal) : []));
  }

  /** Undefined: nothing to ask. */
  change(database: string, rule: DecidedRule): Change | undefined {
    const entry = this.#entries.get(database);
    const to = letIn(rule);
    if (!entry || !addsCompany(entry.accepted, to)) return undefined;
    const { policy } = to === 'plain' ? rule.encrypt : rule.custody;
    return { from: entry.accepted, to, policy, declined: entry.declined === to };
  }

  /** It is sealed for these: from now on a change that adds the company is asked about. */
  note(database: string, custody: Custody): void {
    const entry = this.#entries.get(database);
    if (entry && (entry.accepted === custody || addsCompany(entry.accepted, custody))) return;
    this.#put(database, { accepted: custody });
  }

  answer(database: string, { from, to }: Change, yes: boolean): void {
    this.#put(database, yes ? { accepted: to } : { accepted: from, declined: to });
  }

  #put(database: string, entry: Entry): void {
    this.#entries.set(database, entry);
    this.#changed = true;
  }

  async save(): Promise<void> {
    if (!this.#changed) return;
    const file = { v: 1, user: this.#user, personal: Object.fromEntries(this.#entries) };
    await writeDurably(this.#home.consents, `${JSON.stringify(file)}\n`);
    this.#changed = false;
  }
}

const letIn = ({ encrypt, custody }: DecidedRule): LetIn =>
  encrypt.value === 'none' ? 'plain' : custody.value;

const companyAlone = (custody: LetIn): boolean => custody !== 'user' && custody !== 'all';

const addsCompany = (before: LetIn, now: LetIn): boolean => !companyAlone(before) && companyAlone(now);
