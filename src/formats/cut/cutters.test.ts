/** What every cutter must do, whatever it is given. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '../../lib/bytes.ts';
import { BaseError } from '../../lib/errors.ts';
import { mboxCutter } from '../mbox/index.ts';
import { smsXmlCutter } from '../sms-xml/index.ts';
import { calendarCutter } from '../vobject/index.ts';
import type { Cut, Cutter, Facts } from './index.ts';

type Piece = { kind: 'gap'; text: string } | { kind: 'part'; text: string; facts: Facts | undefined };

interface Run {
  readonly pieces: readonly Piece[];
  readonly damage: string | undefined;
}

function cut(cutter: Cutter, bytes: Uint8Array, step: number): Run {
  const pieces: Piece[] = [];
  let open = '';
  const take = (cuts: readonly Cut[]): void => {
    for (const cut of cuts) {
      const last = pieces.at(-1);
      if (cut.kind === 'end') pieces.push({ kind: 'part', text: open, facts: cut.facts });
      if (cut.kind !== 'gap') open = cut.kind === 'part' ? open + latin1(cut.bytes) : '';
      else if (last?.kind === 'gap') last.text += latin1(cut.bytes);
      else pieces.push({ kind: 'gap', text: latin1(cut.bytes) });
    }
  };
  // One buffer, filled anew each time, as a source does.
  const buffer = new Uint8Array(step);
  for (let at = 0; at < bytes.length; at += step) {
    const chunk = bytes.subarray(at, at + step);
    buffer.set(chunk);
    take(cutter.push(buffer.subarray(0, chunk.length)));
    buffer.fill(0x22);
  }
  take(cutter.end());
  return { pieces, damage: cutter.damage };
}

/** What is another format is refused, whenever that shows. */
function attempt(cutter: Cutter, bytes: Uint8Array, step: number): Run | string {
  try {
    return cut(cutter, bytes, step);
  } catch (error) {
    if (error instanceof BaseError) return error.code;
    throw error;
  }
}

const latin1 = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

const words = {
  icalendar: [
    ...['BEGIN:VCALENDAR', 'END:VCALENDAR', 'BEGIN:VEVENT', 'END:VEVENT', 'BEGIN:VTIMEZONE', 'END:VTIMEZONE'],
    ...[
      'BEGIN:VALARM',
      'END:VALARM',
      'BEGIN:X-A',
      'END:X-A',
      'UID:a',
      'UID:b',
      ' END:VEVENT',
      'TZID:Z',
      'SUMMARY:ä',
    ],
    ...['RECURRENCE-ID:1', 'END:', 'BEGIN:', '\r\n', '\n', '\r', '\n', '\r\n', 'x'],
  ],
  mbox: [
    ...[
      'From a@b Sun Dec 25 21:33:37 2011',
      'From a 12:00',
      'From the',
      '>From a',
      'Message-ID: <a@b>',
      'Subject: x',
    ],
    ...['\n', '\n', '\n\n', '\r\n', ' ', 'Date: 1 Jan 2020 00:00:00 +0100'],
  ],
  'sms-xml': [
    ...[
      '<sms ',
      '/>',
      '</sms>',
      '<mms>',
      '</mms>',
      '<part ct="text/plain" text="',
      '<',
      '>',
      '"',
      "'",
      '=',
      '/',
    ],
    ...[
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      'body="',
      'address="',
      'a',
      '&#55357;&#56832;',
      '&#0;',
      '\n  ',
    ],
  ],
};

const kinds: readonly {
  name: string;
  words: readonly string[];
  cutter: (bare: boolean) => Cutter;
  before: string;
}[] = [
  { name: 'icalendar', words: words.icalendar, cutter: () => calendarCutter(), before: '' },
  { name: 'mbox', words: words.mbox, cutter: () => mboxCutter(), before: '' },
  { name: 'sms-xml', words: words['sms-xml'], cutter: smsXmlCutter, before: '<smses>' },
];

for (const { name, words, cutter, before } of kinds) {
  const soup = fc
    .array(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...words) }, fc.constantFrom('\0', 'ÿ', 'ab')), {
      maxLength: 60,
    })
    .map((words) => bytesOf(before + words.join('')));

  test(`${name}: it does not matter how the bytes arrive, and all of them come out once`, () => {
    fc.assert(
      fc.property(soup, fc.integer({ min: 1, max: 9 }), (bytes, step) => {
        const whole = attempt(cutter(false), bytes, Math.max(1, bytes.length));
        assert.deepEqual(attempt(cutter(false), bytes, step), whole);
        if (typeof whole === 'string') return;
        assert.equal(whole.pieces.map(({ text }) => text).join(''), latin1(bytes));
      }),
      { numRuns: 600 },
    );
  });

  test(`${name}: a part by itself is cut as that part`, () => {
    fc.assert(
      fc.property(soup, (bytes) => {
        const whole = attempt(cutter(false), bytes, 1000);
        for (const part of typeof whole === 'string' ? [] : whole.pieces) {
          if (part.kind === 'gap' || !part.facts) continue;
          const alone = cut(cutter(true), bytesOf(part.text), 1000);
          assert.deepEqual(alone.pieces, [part]);
        }
      }),
      { numRuns: 600 },
    );
  });

  test(`${name}: a long line, deep nesting and zeros cost no more than their length`, () => {
    const hostile = [
      '\0'.repeat(3 << 20),
      `${words[2]}${'<a>'.repeat(500_000)}`,
      'BEGIN:X\n'.repeat(200_000),
      `<sms body="${'&#1'.repeat(700_000)}"/>`,
      `Subject: ${'=?'.repeat(700_000)}`,
      `Subject: ${'=?a?q?'.repeat(300_000)}`,
      `Date: ${'Jan '.repeat(300_000)}`,
      `${'a'.repeat(100)}${' '.repeat(3 << 20)}`,
      '\n'.repeat(1 << 20),
      ` SUMMARY:${'\n x'.repeat(300_000)}`,
    ];
    const start = words.find((word) => /^(BEGIN:VEVENT|From a@b|<mms>)/.test(word))!;
    for (const text of hostile) {
      const bytes = concat(utf8(before), utf8(`${start}\n`), utf8(text), utf8('\nEND:VEVENT\n'));
      const began = performance.now();
      const cuts: Cut[] = [];
      const one = cutter(false);
      for (let at = 0; at < bytes.length; at += 1 << 16)
        cuts.push(...one.push(bytes.subarray(at, at + (1 << 16))));
      cuts.push(...one.end());
      const length = cuts.reduce((sum, cut) => sum + (cut.kind === 'end' ? 0 : cut.bytes.length), 0);
      assert.equal(length, bytes.length);
      assert.ok(
        performance.now() - began < 4000,
        `${text.slice(0, 20)} took ${performance.now() - began} ms`,
      );
    }
  });
}

const facts = (cutter: Cutter, text: string): Facts[] =>
  cut(cutter, utf8(text), 1000).pieces.flatMap((piece) =>
    piece.kind === 'part' && piece.facts ? [piece.facts] : [],
  );

test('what components of a calendar say about themselves', () => {
  const event = (...lines: string[]) =>
    facts(calendarCutter(), ['BEGIN:VEVENT', ...lines, 'END:VEVENT', ''].join('\r\n'))[0]!;
  assert.deepEqual(
    event('UID: a@b \t', 'SUMMARY:Long', '  title\\, with\\nall', 'LAST-MODIFIED:20240203T040506Z'),
    {
      id: 'a@b',
      title: 'Long title, with all',
      time: Date.UTC(2024, 1, 3, 4, 5, 6),
      main: true,
    },
  );
  assert.deepEqual(
    event('uid;X=":":c', 'BEGIN:VALARM', 'UID:alarm', 'SUMMARY:Alarm', 'END:VALARM', 'SUMMARY:Event'),
    {
      id: 'c',
      title: 'Event',
      time: 0,
      main: true,
    },
  );
  assert.equal(event('RECURRENCE-ID:20240101', 'UID:d').main, false);
  assert.equal(event('SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=', '=BCrgen').title, 'Jürgen');
  assert.equal(event('DTSTAMP:20241301T000000Z').time, 0);
  assert.equal(event('SUMMARY:no uid').id, undefined);
  const [zone] = facts(
    calendarCutter(),
    'BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nEND:STANDARD\nEND:VTIMEZONE',
  );
  assert.deepEqual(zone, { id: 'timezone:Europe/Berlin', title: 'Europe/Berlin', time: 0, main: true });
});

test('a component without an end goes up to the next one', () => {
  const { pieces, damage } = cut(
    calendarCutter(),
    utf8('BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nBEGIN:VEVENT\nUID:b\nEND:VCALENDAR\n'),
    7,
  );
  assert.deepEqual(
    pieces.map(({ text }) => text),
    ['BEGIN:VCALENDAR\n', 'BEGIN:VEVENT\nUID:a\n', 'BEGIN:VEVENT\nUID:b\n', 'END:VCALENDAR\n'],
  );
  assert.equal(damage, undefined);
  assert.match(cut(calendarCutter(), utf8('BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n'), 7).damage!, /cut short/);
  assert.equal(cut(calendarCutter(), utf8('BEGIN:VEVENT\nUID:a\n'), 7).damage, undefined);
  for (const hex of ['fffe42004500', 'feff00420045', '420045004700', '004200450047'])
    assert.throws(() => cut(calendarCutter(), Uint8Array.fromHex(hex), 9), /UTF-16/);
});

test('what messages say about themselves', () => {
  const mail = (header: string, from = 'x@y Thu Jan  1 00:00:10 1970') =>
    facts(mboxCutter(), `From ${from}\n${header}\n\nSubject: body\n`)[0]!;
  assert.deepEqual(
    mail('Message-ID:\n <a@b> (comment)\nSubject: A\n\tB\nDate: Thu, 13 Feb 1969 23:32:00 -0330'),
    {
      id: '<a@b>',
      title: 'A B',
      time: 10_000,
    },
  );
  const time = (date: string, from?: string) => mail(`Date: ${date}`, from).time;
  assert.equal(time('Fri, 21 Nov 1997 09:55:06 -0600'), Date.UTC(1997, 10, 21, 15, 55, 6));
  assert.equal(time('21 Nov 97 09:55 GMT'), Date.UTC(1997, 10, 21, 9, 55));
  assert.equal(time('Sun Dec 25 21:33:37 2011'), Date.UTC(2011, 11, 25, 21, 33, 37));
  assert.equal(time('Tue, 1 Jul 2003 10:52:37 EDT'), Date.UTC(2003, 6, 1, 14, 52, 37));
  assert.equal(time('never'), 10_000);
  assert.equal(time('never', '- Sun Dec 25 21:33:37 2011'), Date.UTC(2011, 11, 25, 21, 33, 37));
  const title = (subject: string) => mail(`Subject: ${subject}`).title;
  assert.equal(title('=?utf-8?B?SsO8cg==?=\n =?utf-8?q?gen_=41?= end'), 'Jürgen A end');
  assert.equal(title('=?nonsense?q?a?= =?utf-8?x?a?= ü'), 'a =?utf-8?x?a?= ü');
  assert.equal(mail('X: y').id, undefined);
  assert.equal(mail('Message-ID: none').id, undefined);
});

test('what begins a message', () => {
  const starts = (text: string) => facts(mboxCutter(), text).length;
  assert.equal(starts('From a\n\nText\n\nFrom here on we go\n'), 1);
  assert.equal(starts('From a\n\nText\n\nFrom b at 12:00\n'), 2);
  assert.equal(starts('From a\n\nText\nFrom b at 12:00\n'), 1);
  assert.equal(starts('From a\n\nText\nFrom b@c Sun Dec 25 21:33:37 2011\n'), 2);
  assert.equal(
    starts('\n\r\nFrom - Sun Dec 25 21:33:37 2011\r\n\r\nText\r\n\r\nFrom - Mon Dec 26 21:33:37 2011\r\n'),
    2,
  );
  assert.equal(starts('Text\nFrom a\n'), 0);
  assert.match(cut(mboxCutter(), utf8('Text\n'), 9).damage!, /"From "/);
  assert.equal(cut(mboxCutter(), utf8('\n\n'), 9).damage, undefined);
});

test('what messages and calls of a phone say about themselves', () => {
  const element = (text: string) => facts(smsXmlCutter(true), text)[0]!;
  const sms = element(
    `<sms address='+1' date="1700000000000" type="1" body="a &lt;b&gt; &#55357;&#56832;&#x1F30D;&#0;&#55357;!" contact_name="null"/>`,
  );
  assert.equal(sms.title, '+1: a <b> 😀🌍\ufffd!');
  assert.equal(sms.time, 1_700_000_000_000);
  assert.equal(sms.id, JSON.stringify(['sms', '1', '+1', '1700000000000', 'a <b> 😀🌍\ufffd!']));
  assert.equal(element('<sms date="bad" body="null" address="X"/>').time, 0);
  assert.equal(element('<rcs body="x"/>').id, undefined);
  assert.equal(element('<constructor type="1"/>').title, '');
  assert.equal(element('<call number="+1" type="constructor" date="1"/>').title, '+1: call, 0 s');
  assert.equal(
    element('<mms m_id="1"><parts><part ct="text/plain" text="hi > there"/></parts></mms>').title,
    'hi > there',
  );
  assert.deepEqual(
    cut(
      smsXmlCutter(),
      utf8('\ufeff<?xml?><!-- <sms/> --><smses count="1"> <!-- <sms/> --> <sms body=">"/></smses>\n'),
      3,
    ).pieces.map(({ kind }) => kind),
    ['gap', 'part', 'gap'],
  );
});

test('cut short at any byte: it is said', () => {
  const event = 'BEGIN:VEVENT\r\nUID:a\r\nBEGIN:VALARM\r\nX:1\r\nEND:VALARM\r\nEND:VEVENT\r\n';
  const calendar = `BEGIN:VCALENDAR\r\n${event}${event}END:VCALENDAR`;
  const messages = `<?xml?>\n<smses>\n  <sms body='a"/>'/>\n  <mms><part text="/>"/></mms>\n</smses>`;
  for (const [text, cutter, from] of [
    [calendar, calendarCutter, 'BEGIN:VCALENDAR'.length],
    [messages, smsXmlCutter, 1],
  ] as const) {
    const bytes = utf8(text);
    assert.equal(cut(cutter(), bytes, 1000).damage, undefined);
    for (let length: number = from; length < bytes.length; length++) {
      const short = attempt(cutter(), bytes.subarray(0, length), 1000);
      assert.ok(typeof short === 'string' || short.damage !== undefined, text.slice(0, length));
    }
  }
});
