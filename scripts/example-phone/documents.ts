/** Documents of work and of private life: text, Markdown, CSV, a PDF, an empty note. */
import { companies } from './names.ts';
import { Random } from './random.ts';

export function documents(): Map<string, Buffer> {
  const files: [string, string | Buffer][] = [
    ['Private/Choir/programme december.txt', programme],
    ['Private/Travel/night train.pdf', pdf(ticket)],
    ['Private/Travel/packing list.md', packing],
    ['Private/diary 2026-08.txt', diary],
    ['Private/flat inventory.csv', inventory()],
    ['Private/recipe rye bread.md', recipe],
    ['Work/Minutes/2026-11-02 sales meeting.md', minutes],
    ['Work/Offers/2026-09 Harbour Logistics.txt', offer],
    ['Work/Offers/2026-10 Greenfield School.txt', schoolOffer],
    ['Work/customers.csv', customers()],
    ['Work/empty note.txt', ''],
  ];
  return new Map(files.map(([name, content]) => [name, Buffer.from(content)]));
}

const programme = `1  Det är en ros utsprungen
2  In dulci jubilo
3  Maa on niin kaunis
4  Deep River

Rehearsals on Thursdays, 19:00, in the old fire station. Bring a pencil.
`;

const packing = `# For the week in the hut

- [x] map, compass, the small saw
- [x] rye bread (two), cheese, coffee
- [ ] strings for the cello; Jonas has the rosin
- [ ] charger, and the letter for the neighbour
`;

const diary = `3 August
Swam across the bay before breakfast. The water was warmer than the air.

9 August
Jonas came by with the boat. We got as far as the lighthouse and had to row back.

21 August
First mushrooms. Mother says it is too early, and ate most of them.

30 August
Packed. The house always looks bigger when it is empty.
`;

const recipe = `# Rye bread

500 g rye flour, 350 ml water, 100 g sourdough, 10 g salt.

Mix in the evening, leave it until the morning, bake at 220 °C for 50 minutes. Best on the second day.
`;

const minutes = `# Sales meeting, 2 November 2026

Present: Alice, Bob (remote), Grace

- Harbour Logistics wants the scanners before the stocktaking. Alice calls them on Tuesday.
- The price list for next year is final on the 20th; until then nobody quotes from the draft.
- New phones arrive this week. Everyone enrols theirs before the old ones are collected.
`;

const offer = `Offer 2026-0917

To:    Harbour Logistics
From:  Alice Lindqvist, Sales

 40  handheld scanners, model V2          at   189.00     7,560.00
 40  charging cradles                     at    24.50       980.00
  1  training on site, two days           at 1,400.00     1,400.00
                                                          --------
                                                          9,940.00

Valid until the end of October. Delivery within three weeks of the order.
`;

const schoolOffer = `Offer 2026-1004

To:    Greenfield School
From:  Alice Lindqvist, Sales

 12  handheld scanners, model V1          at   129.00     1,548.00
  1  discount for schools, 10 per cent                     -154.80
                                                          --------
                                                          1,393.20

They asked whether the library could try one first: yes, until Christmas.
`;

const ticket = [
  'Ticket: night train, 14 December 2026',
  'Coach 7, berth 41. Please be on the platform 20 minutes early.',
  'The dining car is closed; bring your own bread.',
];

function inventory(): string {
  const random = new Random('inventory');
  const things = [
    'table',
    '"chairs, four"',
    'bicycle',
    'piano',
    'sewing machine',
    'book case',
    'lamp',
    'cello',
  ];
  const rooms = ['kitchen', 'hall', 'living room', 'bedroom', 'cellar'];
  const rows = things.map((thing) =>
    [random.pick(rooms), thing, random.int(1987, 2026), random.int(0, 90) * 10].join(','),
  );
  return `${['room,thing,bought,price', ...rows].join('\r\n')}\r\n`;
}

function customers(): string {
  const random = new Random('customers');
  const rows = companies.map((name) => {
    const visit = `2026-${String(random.int(1, 10)).padStart(2, '0')}-${String(random.int(1, 28)).padStart(2, '0')}`;
    return [
      name,
      random.pick(['Fairhaven', 'Neuwalde', 'Norrby', 'Villanueva']),
      visit,
      random.pick(['call', 'send offer', 'nothing']),
    ].join(';');
  });
  return `${['customer;town;last visit;next step', ...rows].join('\n')}\n`;
}

/** One page of text (ISO 32000-1 §7.5). */
function pdf(lines: readonly string[]): string {
  const text = lines.map(
    (line, i) =>
      `${i === 0 ? '/F1 18 Tf 40 530 Td' : '/F1 12 Tf 0 -30 Td'} (${line.replace(/[\\()]/g, '\\$&')}) Tj`,
  );
  const stream = `BT ${text.join(' ')} ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let out = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const at = out.length;
    out += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}`;
  return `${out}${table}trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${out.length}\n%%EOF\n`;
}
