import type { Db } from './sqlite.ts';

/** Small facts about this server, by name. */
export async function getMeta(db: Db, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value;
}

/** Sets it unless it is set, and returns what then holds. */
export async function initMeta(db: Db, name: string, value: string): Promise<string> {
  await db
    .insertInto('meta')
    .values({ name, value })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await getMeta(db, name)) ?? value;
}

export async function setMeta(db: Db, name: string, value: string): Promise<void> {
  await db
    .insertInto('meta')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

export async function getSecret(db: Db, name: string): Promise<Uint8Array | undefined> {
  const row = await db.selectFrom('secret').select('sealed').where('name', '=', name).executeTakeFirst();
  return row?.sealed;
}

export async function addSecret(db: Db, name: string, sealed: Uint8Array): Promise<void> {
  await db.insertInto('secret').values({ name, sealed }).execute();
}
