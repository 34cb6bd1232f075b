/**
 * Runs where `index.ts` starts it, alone in network and mount namespaces of its own: pcscd with its reader vpcd, which
 * listens on every address, and the card in it. Obeys over IPC.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CardContent, PivCard } from './piv.ts';

export type Order =
  | { readonly kind: 'insert'; readonly name: string; readonly content?: CardContent }
  | { readonly kind: 'remove' }
  /** The card goes in the middle of its next private-key operation. */
  | { readonly kind: 'vanish' }
  | { readonly kind: 'operations' };

/** vpcd's first reader. */
const PORT = 35963;
/** Of a YubiKey 5: OpenSC offers ECDH for cards it knows to have it. */
const ATR = Buffer.from('3bfd1300008131fe158073c021c057597562694b657940', 'hex');

const cards = new Map<string, PivCard>();
let inserted: { readonly card: PivCard; readonly socket: Socket } | undefined;

const daemon = spawn('pcscd', ['--foreground'], { stdio: 'ignore' });
daemon.on('error', (error) => finish(`pcscd: ${error.message}`));
daemon.on('exit', (code) => finish(`pcscd ended with ${code}`));
process.on('disconnect', () => process.exit());
for (let i = 0; !existsSync('/run/pcscd/pcscd.comm'); i++) {
  if (i === 200) finish('pcscd does not begin');
  await sleep(50);
}
process.send?.({ ready: true });

process.on('message', async (order: Order) => {
  process.send?.({ done: await obey(order) });
});

async function obey(order: Order): Promise<number> {
  switch (order.kind) {
    case 'insert': {
      const card = cards.get(order.name) ?? new PivCard(order.content ?? {});
      cards.set(order.name, card);
      inserted = { card, socket: await plugIn(card) };
      return 0;
    }
    case 'remove':
      inserted?.socket.destroy();
      inserted = undefined;
      return 0;
    case 'vanish': {
      const { card, socket } = inserted!;
      card.vanishes = () => {
        card.vanishes = () => false;
        socket.destroy();
        return true;
      };
      return 0;
    }
    case 'operations':
      return inserted?.card.operations ?? 0;
  }
}

/** vpcd's protocol: a length of two bytes, then a command, or one byte of control. */
async function plugIn(card: PivCard): Promise<Socket> {
  const socket = await connected();
  card.reset();
  let buffer = Buffer.alloc(0);
  const send = (bytes: Buffer) => {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(bytes.length);
    socket.write(Buffer.concat([head, bytes]));
  };
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    buffer = Buffer.concat([buffer, bytes]);
    while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
      const message = buffer.subarray(2, 2 + buffer.readUInt16BE(0));
      buffer = buffer.subarray(2 + message.length);
      if (message.length > 1) {
        const answer = card.answer(message);
        if (answer) send(answer);
      } else if (message[0] === 4) send(ATR);
      else card.reset();
    }
  });
  return socket;
}

/** vpcd takes one card at a time; it may not have noticed yet that the last one went. */
async function connected(): Promise<Socket> {
  for (let i = 0; ; i++) {
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect(PORT, '127.0.0.1', () => resolve(socket));
        socket.on('error', reject);
      });
    } catch (error) {
      if (i === 100) throw error;
      await sleep(50);
    }
  }
}

function finish(why: string): never {
  process.send?.({ failed: why });
  process.exit(1);
}
