/** Voice messages: a few seconds of humming as WAV, 8 bits at 8 kHz. */
import { Random } from './random.ts';

export function sounds(): Map<string, Buffer> {
  const names = ['2026-10-30 Jonas.wav', '2026-11-12 dentist.wav', '2026-11-17 unknown number.wav'];
  return new Map(names.map((name) => [name, wav(new Random(name))]));
}

const RATE = 8000;

function wav(random: Random): Buffer {
  const samples = Buffer.alloc(RATE * random.int(2, 4));
  let pitch = 120 + random.next() * 80;
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    if (i % 1600 === 0) pitch = Math.min(260, Math.max(90, pitch * (0.85 + random.next() * 0.3)));
    phase += (2 * Math.PI * pitch) / RATE;
    const envelope = Math.sin((Math.PI * (i % 1600)) / 1600);
    samples[i] =
      128 + Math.round(envelope * (60 * Math.sin(phase) + 25 * Math.sin(2 * phase)) + random.next() * 4 - 2);
  }
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}
