/** Invented people: names as they are written, and how their addresses spell them. */

export type Word = readonly [written: string, spelled: string];

export interface Region {
  readonly given: readonly Word[];
  readonly family: readonly Word[];
  /** Family name first, without a blank between. */
  readonly familyFirst?: true;
  readonly places: readonly (readonly [street: string, town: string, code: string, country: string])[];
  /** A number that was set aside for fiction, `x` for any digit. */
  readonly numbers: readonly string[];
}

const words = (text: string): Word[] =>
  text.split(' ').map((word) => {
    const [written, spelled = written] = word.split('=') as [string, string?];
    return [written, spelled.toLowerCase()];
  });

export const regions: readonly Region[] = [
  {
    given: words('Emily James Olivia Noah Grace Samuel Ruby Oscar'),
    family: words('Harper Whitfield Brooks O’Connor=oconnor Marsh Fielding'),
    places: [
      ['12 Orchard Lane', 'Little Wick', 'ZZ1 4AB', 'United Kingdom'],
      ['88 Harbour Road', 'Port Ellis', 'ZZ9 9ZZ', 'United Kingdom'],
    ],
    numbers: ['+44 20 7946 0xxx', '+44 7700 900xxx'],
  },
  {
    given: words('Ava Liam Mia Ethan Zoe Mason Ivy Caleb'),
    family: words('Carter Delgado Nguyen=nguyen Brooks Freeman Kowalczyk'),
    places: [
      ['455 Maple Avenue', 'Fairhaven', '00455', 'United States'],
      ['1020 Mesa Drive', 'Cedar Flats', '00102', 'United States'],
    ],
    numbers: ['+1 202 555 01xx', '+1 415 555 01xx'],
  },
  {
    given: words('Jürgen=juergen Käthe=kaethe Lukas Sören=soeren Änne=aenne Jonas'),
    family: words('Müller=mueller Groß=gross Schäfer=schaefer Vogel Lindner'),
    places: [['Lindenstraße 14', 'Neuwalde', '00914', 'Deutschland']],
    numbers: ['+49 30 23125 xxx', '+49 171 39200 xx'],
  },
  {
    given: words('Élodie=elodie François=francois Chloé=chloe Gaël=gael Margaux Hugo'),
    family: words('Lefèvre=lefevre Dubois Garçon=garcon Mercier Béranger=beranger'),
    places: [['7 rue des Tilleuls', 'Saint-Aubin', '00370', 'France']],
    numbers: ['+33 1 99 00 xx xx', '+33 6 39 98 xx xx'],
  },
  {
    given: words('José=jose Begoña=begona Íñigo=inigo Lucía=lucia Martín=martin'),
    family: words('Muñoz=munoz Núñez=nunez Ibáñez=ibanez Cortés=cortes'),
    places: [['Calle Mayor 31', 'Villanueva', '00310', 'España']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('Åsa=asa Søren=soren Tuula Björn=bjorn Aino Øyvind=oyvind'),
    family: words('Öberg=oberg Mäkinen=makinen Sjöström=sjostrom Dahl Virtanen'),
    places: [['Strandvägen 5', 'Norrby', '000 55', 'Sverige']],
    numbers: ['+46 8 465 004 xx', '+46 70 174 06 xx'],
  },
  {
    given: words('Łukasz=lukasz Zofia Šárka=sarka Ondřej=ondrej Ágnes=agnes Małgorzata=malgorzata'),
    family: words('Wiśniewski=wisniewski Dvořák=dvorak Szabó=szabo Źródło=zrodlo'),
    places: [['ul. Polna 9', 'Brzozów', '00-909', 'Polska']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('Мария=maria Иван=ivan Дарья=darya'),
    family: words('Соколова=sokolova Гайдай=gaidai Шевченко=shevchenko'),
    places: [['ул. Садовая, 21', 'Заречье', '000021', '']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('Οδυσσέας=odysseas Ελένη=eleni Νίκος=nikos'),
    family: words('Παππάς=pappas Γεωργίου=georgiou'),
    places: [['Οδός Ελιάς 3', 'Νέα Ακτή', '000 03', 'Ελλάδα']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('健=ken 美咲=misaki 結衣=yui'),
    family: words('佐藤=sato 田中=tanaka 若林=wakabayashi'),
    familyFirst: true,
    places: [['桜台2丁目', '若葉市', '000-0002', '日本']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('伟=wei 秀英=xiuying 建国=jianguo'),
    family: words('王=wang 李=li 欧阳=ouyang'),
    familyFirst: true,
    places: [['学府路8号', '新河', '000008', '中国']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('민준=minjun 서연=seoyeon 지우=jiwoo'),
    family: words('김=kim 박=park 남궁=namgung'),
    familyFirst: true,
    places: [['은행나무길 11', '새마을', '00011', '대한민국']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('ليلى=layla يوسف=yusuf'),
    family: words('حداد=haddad الخوري=elkhoury'),
    places: [['شارع الزيتون ٤', 'النهر', '', '']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('नेहा=neha अर्जुन=arjun'),
    family: words('शर्मा=sharma पटेल=patel'),
    places: [['गुलमोहर मार्ग 6', 'नयागाँव', '000006', 'भारत']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('נועה=noa איתן=eitan'),
    family: words('כהן=cohen ברק=barak'),
    places: [['רחוב הגפן 2', 'עין חדשה', '', '']],
    numbers: ['+1 555 01xx'],
  },
  {
    given: words('Thandiwe Chinedu Wanjiku Kwame'),
    family: words('Okafor Dlamini Njoroge Mensah'),
    places: [['15 Jacaranda Close', 'Kilimani', '00015', 'Kenya']],
    numbers: ['+1 555 01xx'],
  },
];

export const companies = [
  'Harbour Logistics',
  'Greenfield School',
  'Café Amsel',
  'North Pier Books',
  'Blue Door Bakery',
  'Lindner & Söhne',
  'Atelier Mercier',
  'Quarry Lane Clinic',
  '若葉商店',
  'Kilimani Bicycles',
] as const;

export const titles = [
  'Engineer',
  'Teacher',
  'Head of Sales',
  'Physician',
  'Buchhalterin',
  'Directrice',
  'Baker',
] as const;

export const notes = [
  'met on the night train; plays the cello',
  'sister of Jonas',
  'allergic to nuts, likes walnuts all the same',
  'key is with the neighbour, second bell',
  'Call after six. Never on Thursdays, that is choir; and not in the weeks of the harvest, when nobody in the house hears the telephone anyway.',
  'reads drafts, sends them back in green ink: schön, très bien, très lent',
] as const;
