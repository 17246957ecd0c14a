/**
 * The Unicode properties that ECMA-262 allows in `\p{...}`, as tables for the C++ regular expressions. What belongs to
 * a property is asked of the RegExp engine of the Node that runs this: no copy of the Unicode database is kept here.
 *
 * A set of code points is written as the places where membership changes, each as its distance from the one before, in
 * numbers of 7 bits a byte (LEB128). Most properties are nearly a union of general categories, so that only
 * the difference is written.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Failure, program } from './run.js';

const END = 0x110000;

/** ECMA-262 table 67, the values of General_Category: short name, then aliases. Cs is last, for it is not asked. */
const CATEGORIES = `Lu=Uppercase_Letter Ll=Lowercase_Letter Lt=Titlecase_Letter Lm=Modifier_Letter Lo=Other_Letter
  Mn=Nonspacing_Mark Mc=Spacing_Mark Me=Enclosing_Mark Nd=Decimal_Number=digit Nl=Letter_Number No=Other_Number
  Pc=Connector_Punctuation Pd=Dash_Punctuation Ps=Open_Punctuation Pe=Close_Punctuation Pi=Initial_Punctuation
  Pf=Final_Punctuation Po=Other_Punctuation Sm=Math_Symbol Sc=Currency_Symbol Sk=Modifier_Symbol So=Other_Symbol
  Zs=Space_Separator Zl=Line_Separator Zp=Paragraph_Separator Cc=Control=cntrl Cf=Format Co=Private_Use Cn=Unassigned
  Cs=Surrogate`.split(/\s+/);
const GROUPS = `LC=Cased_Letter L=Letter M=Mark=Combining_Mark N=Number P=Punctuation=punct S=Symbol Z=Separator
  C=Other`.split(/\s+/);
const IN_GROUP = { LC: /^L[ult]/, L: /^L/, M: /^M/, N: /^N/, P: /^P/, S: /^S/, Z: /^Z/, C: /^C/ };

/** ECMA-262 table 66, binary properties of code points: short name or names, then the long one. */
const BINARY = `ASCII AHex=ASCII_Hex_Digit Alpha=Alphabetic Any Assigned Bidi_C=Bidi_Control Bidi_M=Bidi_Mirrored
  CI=Case_Ignorable Cased CWCF=Changes_When_Casefolded CWCM=Changes_When_Casemapped CWL=Changes_When_Lowercased
  CWKCF=Changes_When_NFKC_Casefolded CWT=Changes_When_Titlecased CWU=Changes_When_Uppercased Dash
  DI=Default_Ignorable_Code_Point Dep=Deprecated Dia=Diacritic Emoji EComp=Emoji_Component EMod=Emoji_Modifier
  EBase=Emoji_Modifier_Base EPres=Emoji_Presentation ExtPict=Extended_Pictographic Ext=Extender Gr_Base=Grapheme_Base
  Gr_Ext=Grapheme_Extend Hex=Hex_Digit IDSB=IDS_Binary_Operator IDST=IDS_Trinary_Operator IDC=ID_Continue IDS=ID_Start
  Ideo=Ideographic Join_C=Join_Control LOE=Logical_Order_Exception Lower=Lowercase Math NChar=Noncharacter_Code_Point
  Pat_Syn=Pattern_Syntax Pat_WS=Pattern_White_Space QMark=Quotation_Mark Radical RI=Regional_Indicator
  STerm=Sentence_Terminal SD=Soft_Dotted Term=Terminal_Punctuation UIdeo=Unified_Ideograph Upper=Uppercase
  VS=Variation_Selector space=White_Space XIDC=XID_Continue XIDS=XID_Start`.split(/\s+/);

/** The values of Script and Script_Extensions. Those that this Node does not know yet are left out. */
const SCRIPTS = `Adlam=Adlm Caucasian_Albanian=Aghb Ahom Arabic=Arab Imperial_Aramaic=Armi Armenian=Armn Avestan=Avst
  Balinese=Bali Bamum=Bamu Bassa_Vah=Bass Batak=Batk Bengali=Beng Beria_Erfe=Berf Bhaiksuki=Bhks Bopomofo=Bopo
  Brahmi=Brah Braille=Brai Buginese=Bugi Buhid=Buhd Chakma=Cakm Canadian_Aboriginal=Cans Carian=Cari Cham Cherokee=Cher
  Chorasmian=Chrs Coptic=Copt=Qaac Cypro_Minoan=Cpmn Cypriot=Cprt Cyrillic=Cyrl Devanagari=Deva Dives_Akuru=Diak
  Dogra=Dogr Deseret=Dsrt Duployan=Dupl Egyptian_Hieroglyphs=Egyp Elbasan=Elba Elymaic=Elym Ethiopic=Ethi Garay=Gara
  Georgian=Geor Glagolitic=Glag Gunjala_Gondi=Gong Masaram_Gondi=Gonm Gothic=Goth Grantha=Gran Greek=Grek
  Gujarati=Gujr Gurung_Khema=Gukh Gurmukhi=Guru Hangul=Hang Han=Hani Hanunoo=Hano Hatran=Hatr Hebrew=Hebr
  Hiragana=Hira Anatolian_Hieroglyphs=Hluw Pahawh_Hmong=Hmng Nyiakeng_Puachue_Hmong=Hmnp Old_Hungarian=Hung
  Old_Italic=Ital Javanese=Java Kayah_Li=Kali Katakana=Kana Kawi Kharoshthi=Khar Khmer=Khmr Khojki=Khoj
  Khitan_Small_Script=Kits Kannada=Knda Kirat_Rai=Krai Kaithi=Kthi Tai_Tham=Lana Lao=Laoo Latin=Latn Lepcha=Lepc
  Limbu=Limb Linear_A=Lina Linear_B=Linb Lisu Lycian=Lyci Lydian=Lydi Mahajani=Mahj Makasar=Maka Mandaic=Mand
  Manichaean=Mani Marchen=Marc Medefaidrin=Medf Mende_Kikakui=Mend Meroitic_Cursive=Merc Meroitic_Hieroglyphs=Mero
  Malayalam=Mlym Modi Mongolian=Mong Mro=Mroo Meetei_Mayek=Mtei Multani=Mult Myanmar=Mymr Nag_Mundari=Nagm
  Nandinagari=Nand Old_North_Arabian=Narb Nabataean=Nbat Newa Nko=Nkoo Nushu=Nshu Ogham=Ogam Ol_Chiki=Olck Ol_Onal=Onao
  Old_Turkic=Orkh Oriya=Orya Osage=Osge Osmanya=Osma Old_Uyghur=Ougr Palmyrene=Palm Pau_Cin_Hau=Pauc Old_Permic=Perm
  Phags_Pa=Phag Inscriptional_Pahlavi=Phli Psalter_Pahlavi=Phlp Phoenician=Phnx Miao=Plrd Inscriptional_Parthian=Prti
  Rejang=Rjng Hanifi_Rohingya=Rohg Runic=Runr Samaritan=Samr Old_South_Arabian=Sarb Saurashtra=Saur SignWriting=Sgnw
  Shavian=Shaw Sharada=Shrd Siddham=Sidd Sidetic=Sidt Khudawadi=Sind Sinhala=Sinh Sogdian=Sogd Old_Sogdian=Sogo
  Sora_Sompeng=Sora Soyombo=Soyo Sundanese=Sund Sunuwar=Sunu Syloti_Nagri=Sylo Syriac=Syrc Tagbanwa=Tagb Takri=Takr
  Tai_Le=Tale New_Tai_Lue=Talu Tamil=Taml Tangut=Tang Tai_Viet=Tavt Tai_Yo=Tayo Telugu=Telu Tifinagh=Tfng Tagalog=Tglg
  Thaana=Thaa Thai Tibetan=Tibt Tirhuta=Tirh Tangsa=Tnsa Todhri=Todr Tolong_Siki=Tols Toto Tulu_Tigalari=Tutg
  Ugaritic=Ugar Vai=Vaii Vithkuqi=Vith Warang_Citi=Wara Wancho=Wcho Old_Persian=Xpeo Cuneiform=Xsux Yezidi=Yezi Yi=Yiii
  Zanabazar_Square=Zanb Inherited=Zinh=Qaai Common=Zyyy Unknown=Zzzz`
  .split(/\s+/)
  .filter((names) => knows(`Script=${names.split('=')[0]}`));

/** @param {string} property */
function knows(property) {
  try {
    return Boolean(new RegExp(`\\p{${property}}`, 'u'));
  } catch {
    return false;
  }
}

/** All code points but the surrogates, which no valid text has: first code point, text, code units for each. */
const TEXTS = /** @type {const} */ ([
  [0, 0xd800, 1],
  [0xe000, 0x10000, 1],
  [0x10000, END, 2],
]).map(([begin, end, units]) => {
  let text = '';
  for (let code = begin; code < end; ++code) text += String.fromCodePoint(code);
  return { begin, text, units };
});

/** The code points of a property, as places where membership changes. @param {string} property */
function changes(property) {
  const expression = new RegExp(`\\p{${property}}+`, 'gu');
  /** @type {number[]} */
  const places = [];
  for (const { begin, text, units } of TEXTS) {
    for (const match of text.matchAll(expression)) {
      const first = begin + match.index / units;
      if (places.at(-1) === first) places.pop();
      else places.push(first);
      places.push(first + match[0].length / units);
    }
  }
  return places;
}

/** What is in one of two sets, not in both: the changes of both, without those that meet. @param {number[]} a @param {number[]} b */
function difference(a, b) {
  /** @type {number[]} */
  const places = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (a[i] === b[j]) i++, j++;
    else if (j >= b.length || a[i] < b[j]) places.push(a[i++]);
    else places.push(b[j++]);
  }
  return places;
}

/** @param {number[]} places */
function countOf(places) {
  let count = 0;
  for (let i = 0; i < places.length; i += 2) count += (places[i + 1] ?? END) - places[i];
  return count;
}

/** @param {number[]} a @param {number[]} b */
const countOfBoth = (a, b) => (countOf(a) + countOf(b) - countOf(difference(a, b))) / 2;

/** @param {number} number below 2 ** 32 @returns {number[]} */
function leb128(number) {
  return number < 128 ? [number] : [(number % 128) + 128, ...leb128(Math.floor(number / 128))];
}

/** @param {number[]} places */
function written(places) {
  return [places.length, ...places.map((place, i) => place - (places[i - 1] ?? 0))].flatMap(leb128);
}

/** Each code point's value as runs. @param {{ places: number[] }[]} sets that do not overlap */
function runsOf(sets) {
  const runs = sets.flatMap(({ places }, value) =>
    Array.from({ length: places.length / 2 }, (_, i) => ({ value, begin: places[2 * i], end: places[2 * i + 1] })),
  );
  return runs.sort((a, b) => a.begin - b.begin);
}

const firstName = (/** @type {string} */ names) => names.split('=')[0];

function tables() {
  const categories = CATEGORIES.map((names) => ({
    places: names.startsWith('Cs') ? [0xd800, 0xe000] : changes(firstName(names)),
  }));
  // A byte for most runs: 5 bits of category, 3 of length; length 0 says that a longer one follows.
  const category = runsOf(categories).flatMap(({ value, begin, end }) => {
    const length = end - begin;
    return length < 8 ? [value | (length << 5)] : [value, ...leb128(length)];
  });

  /** @param {number} mask @returns {number[]} */
  const union = (mask) =>
    categories.reduce((all, { places }, i) => ((mask >>> i) & 1 ? difference(all, places) : all), /** @type {number[]} */ ([]));
  const binary = BINARY.flatMap((names) => {
    const places = changes(firstName(names));
    const most = categories.reduce((mask, category, i) => {
      return 2 * countOfBoth(places, category.places) > countOf(category.places) ? mask | (1 << i) : mask;
    }, 0);
    const [mask, rest] = [most, 0]
      .map((mask) => /** @type {const} */ ([mask, difference(places, union(mask))]))
      .sort(([, a], [, b]) => a.length - b.length)[0];
    return [...leb128(mask), ...written(rest)];
  });

  // Between two scripts there are often places not assigned yet: without them the runs are longer.
  const unassigned = categories[CATEGORIES.indexOf('Cn=Unassigned')].places;
  const scripts = SCRIPTS.map((names) => ({ places: changes(`Script=${firstName(names)}`) }));
  const unknown = scripts[SCRIPTS.length - 1]; // of assigned ones: private use, and the surrogates, which were not asked
  unknown.places = difference(difference(unknown.places, unassigned), categories[CATEGORIES.length - 1].places);
  /** @type {{ value: number, length: number }[]} */
  const merged = [];
  for (const { value, begin, end } of runsOf(scripts)) {
    const last = merged.at(-1);
    if (last?.value === value) last.length += end - begin;
    else merged.push({ value, length: end - begin });
  }
  const script = merged.flatMap(({ value, length }) => [value, ...leb128(length)]);
  const extensions = SCRIPTS.flatMap((names) => {
    const name = firstName(names);
    return written(difference(changes(`Script_Extensions=${name}`), changes(`Script=${name}`)));
  });
  return { category, script, extensions, binary };
}

/** @param {string} name @param {number[]} bytes */
function array(name, bytes) {
  const lines = bytes.join(',').replaceAll(/.{1,110},/g, '$&\n');
  return `const unsigned char ${name}[] = {\n${lines}};\nconst size_t ${name}Size = sizeof ${name};\n`;
}

/** @param {string} name @param {string[]} entries */
const list = (name, entries) => `const std::string_view ${name} = R"(=${entries.join('= =')}=)";\n`;

await program(import.meta.url, async () => {
  const out = process.argv[2];
  if (!out) throw new Failure('Usage: node scripts/unicode-tables.js OUTPUT.cpp');
  const { category, script, extensions, binary } = tables();
  const masks = GROUPS.map((names) => {
    const belongs = IN_GROUP[/** @type {keyof typeof IN_GROUP} */ (firstName(names))];
    return CATEGORIES.reduce((mask, value, i) => (belongs.test(value) ? mask | (1 << i) : mask), 0);
  });
  const names = list('kCategoryNames', [...CATEGORIES, ...GROUPS]) + list('kBinaryNames', BINARY) + list('kScriptNames', SCRIPTS);
  const text = `// Generated by scripts/unicode-tables.js from Node ${process.version}: Unicode ${process.versions.unicode}.
#include "schema/unicode_tables.h"

namespace schema {

${names}const uint32_t kGroupMasks[] = {${masks.map((mask) => `${mask}u`)}};
${array('kCategoryRuns', category)}${array('kScriptRuns', script)}${array('kScriptExtensions', extensions)}${array('kBinaryChanges', binary)}
}  // namespace schema
`;
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, text);
  const bytes = Uint8Array.from([...category, ...script, ...extensions, ...binary, ...Buffer.from(names)]);
  console.log(`Unicode ${process.versions.unicode}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`);
});
