/** Writing an acceptance: one transaction, or nothing (B7). */
import type { DatabaseSync } from 'node:sqlite';
import { type P256Private, type PolicyKey, sectionNames } from '../../policy/message/index.ts';
import { raiseClock } from './clock.ts';
import { transaction } from './database.ts';
import { keptTexts, type Plan } from './plan.ts';
import type { Compartment } from './state.ts';
import type { Remains } from './store.ts';

/** The current message key and two before it, for messages that overtake each other. */
const MESSAGE_KEYS = 3;

export interface Commit {
  readonly held: Compartment;
  readonly plan: Plan;
  /** A fresh message key, when the newest was used up. */
  readonly freshKey: P256Private | undefined;
  readonly acknowledgement: string;
  readonly report: number;
  /** The clock reading that the message was checked against. */
  readonly now: number;
}

/** False when another acceptance came in between: nothing was written, and the checks have to be made again. */
export function commitAcceptance(db: DatabaseSync, commit: Commit): boolean {
  return transaction(db, () => {
    const { held, plan } = commit;
    const row = db.prepare("SELECT revision FROM compartment WHERE id = ? AND state = 'active'").get(held.id);
    if (row?.revision !== held.revision) return false;
    writeMessage(db, commit);
    if (plan.ended) {
      forget(db, commit);
    } else {
      writeSections(db, commit);
      writeKeys(db, held.id, 'encrypt', plan.encryptionKeys);
      writeKeys(db, held.id, 'decrypt', plan.decryptionKeys);
      writeCommands(db, commit);
      writeMessageKeys(db, commit);
      if (plan.erased) db.prepare('DELETE FROM keyring WHERE compartment = ?').run(held.id);
    }
    // The clock never falls below the time of issue of what was accepted.
    raiseClock(db, Math.max(commit.now, plan.message.iat));
    return true;
  });
}

function writeMessage(db: DatabaseSync, { held, plan, acknowledgement, report }: Commit): void {
  const { seq, iat, exp, hash, grants } = plan.message;
  db.prepare(
    `UPDATE compartment SET seq = ?, iat = ?, exp = ?, hash = ?, acknowledgement = ?, grants = ?,
       report = max(report, ?), revision = revision + 1 WHERE id = ?`,
  ).run(seq, iat, exp, hash, acknowledgement, JSON.stringify(grants), report, held.id);
}

function writeSections(db: DatabaseSync, { held, plan }: Commit): void {
  const put = db.prepare(
    `INSERT INTO section VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET version = excluded.version, hash = excluded.hash, text = coalesce(excluded.text, text)`,
  );
  for (const name of sectionNames) {
    const { version, hash } = plan.message.sections[name];
    const text = keptTexts.includes(name) ? plan.message.texts[name] : undefined;
    put.run(held.id, name, version, hash, text ?? null);
  }
}

function writeKeys(
  db: DatabaseSync,
  id: number,
  role: 'encrypt' | 'decrypt',
  keys: readonly PolicyKey[],
): void {
  db.prepare('DELETE FROM policy_key WHERE compartment = ? AND role = ?').run(id, role);
  const put = db.prepare('INSERT INTO policy_key VALUES (?, ?, ?, ?, ?)');
  for (const [position, key] of keys.entries()) put.run(id, role, key.kid, position, JSON.stringify(key));
}

function writeCommands(db: DatabaseSync, { held, plan }: Commit): void {
  db.prepare('DELETE FROM command WHERE compartment = ?').run(held.id);
  const put = db.prepare('INSERT INTO command VALUES (?, ?, ?)');
  for (const { id, result } of plan.commands) put.run(held.id, id, result);
}

function writeMessageKeys(db: DatabaseSync, { held, freshKey }: Commit): void {
  if (!freshKey) return;
  db.prepare('DELETE FROM message_key WHERE compartment = ?').run(held.id);
  const put = db.prepare('INSERT INTO message_key VALUES (?, ?, ?)');
  const keys = [freshKey, ...held.messageKeys].slice(0, MESSAGE_KEYS);
  for (const [age, key] of keys.entries()) put.run(held.id, age, JSON.stringify(key));
}

/** Everything but the fact; the acknowledgement stays, for it still has to reach the server. */
function forget(db: DatabaseSync, { held, now }: Commit): void {
  for (const table of ['section', 'policy_key', 'message_key', 'command', 'keyring']) {
    db.prepare(`DELETE FROM ${table} WHERE compartment = ?`).run(held.id);
  }
  const { server, user, device } = held.enrolment;
  const remains: Remains = { server: { id: server.id, url: server.url }, user, device };
  db.prepare(
    "UPDATE compartment SET state = 'ended', ended = ?, grants = '[]', enrolment = ? WHERE id = ?",
  ).run(now, JSON.stringify(remains), held.id);
}
