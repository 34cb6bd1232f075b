import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { concat, fromUtf8, utf8 } from '../../lib/bytes.ts';
import { componentBody, endComponent, readCardHead, withUid } from './index.ts';

const card = (...lines: string[]): Uint8Array =>
  utf8(['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n'));
const title = (...lines: string[]): string => readCardHead(card(...lines)).title;
const uid = (...lines: string[]): string | undefined => {
  const value = readCardHead(card(...lines)).uid;
  return value && fromUtf8(value);
};

test('titles', () => {
  assert.equal(title('FN:Ada Lovelace'), 'Ada Lovelace');
  assert.equal(title('item1.fn;CHARSET=UTF-8:Åsa\\, Öberg\\nX'), 'Åsa, Öberg X');
  assert.equal(title('FN:Long', '  Name'), 'Long Name');
  assert.equal(title('N:Doe;John;Q.;Dr.;Jr.'), 'Dr. John Q. Doe Jr.');
  assert.equal(title('N:O\\;X;A'), 'A O;X');
  assert.equal(title('FN:', 'ORG:Acme;Sales'), 'Acme, Sales');
  assert.equal(title('FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=', '=BCrgen'), 'Jürgen');
  assert.equal(title('FN;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:J=FCrgen'), 'Jürgen');
  assert.equal(title('FN;ENCODING=B:SsO8cmdlbg=='), 'Jürgen');
  assert.equal(title('FN;CHARSET=GB2312;ENCODING=QUOTED-PRINTABLE:=CD=F5'), '王');
  assert.equal(title('TEL:1'), '');
  assert.equal([...title(`FN:${'😀'.repeat(400)}`)].length, 200);
  const latin = concat(utf8('BEGIN:VCARD\nFN:J'), Uint8Array.of(0xfc), utf8('rgen\nEND:VCARD\n'));
  assert.equal(readCardHead(latin).title, 'Jürgen');
});

test('uids', () => {
  assert.equal(uid('FN:A'), undefined);
  assert.equal(uid('UID: '), undefined);
  assert.equal(uid('UID: urn:uuid:1 '), 'urn:uuid:1');
  assert.equal(uid('g.uid;TYPE="a:b":x', ' y'), 'xy');
  assert.equal(uid('NOTE;ENCODING=QUOTED-PRINTABLE:a=', 'UID:not me', 'UID:me'), 'me');
  assert.equal(uid('AGENT:', 'BEGIN:VCARD', 'UID:inner', 'END:VCARD', 'UID:outer'), 'outer');
  assert.equal(uid('UID;ENCODING=B:YWJj'), 'abc');
});

test('times', () => {
  const at = (rev: string): number => readCardHead(card(`REV:${rev}`)).time;
  assert.equal(at('20080424T195243Z'), Date.UTC(2008, 3, 24, 19, 52, 43));
  assert.equal(at('2008-04-24T19:52:43.5+02:00'), Date.UTC(2008, 3, 24, 17, 52, 43, 500));
  assert.equal(at('2008-04-24T19:52:43-0130'), Date.UTC(2008, 3, 24, 21, 22, 43));
  assert.equal(at('20080424'), Date.UTC(2008, 3, 24));
  assert.equal(at('yesterday'), 0);
  assert.equal(at('20081399T999999Z'), 0);
});

test('any bytes give a head', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 30 }),
          fc.constantFrom(...['UID:', 'FN;ENCODING=B:', 'N:a;b\\', '=\n', '\n', 'BEGIN:VCARD\n'].map(utf8)),
        ),
      ),
      (parts) => {
        const head = readCardHead(concat(...parts));
        assert.ok(head.title.length <= 400 && Number.isSafeInteger(head.time));
      },
    ),
  );
});

test('another uid changes the one line', () => {
  const before = card('UID;X=1:a', ' b', 'FN:A');
  assert.deepEqual(withUid(before, 'new'), card('UID:new', 'FN:A'));
  assert.deepEqual(withUid(card('FN:A'), 'new'), card('FN:A'));
});

test('the body is what line ends and END do not change', () => {
  const body = utf8('BEGIN:VCARD\nFN:A');
  for (const end of ['', '\n', '\r\n\r\n', '\nEND:VCARD', '\nend:vcard\r\n']) {
    const bytes = concat(body, utf8(end));
    assert.deepEqual(componentBody(bytes, 'VCARD'), body, JSON.stringify(end));
  }
  assert.equal(fromUtf8(endComponent(body, 'VCARD', false)), 'BEGIN:VCARD\nFN:A\nEND:VCARD\n');
  const whole = utf8('BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\r\n');
  assert.equal(endComponent(whole, 'VCARD', true), whole);
});
