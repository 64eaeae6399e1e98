// Text to the symbols that the voice reads, as myna/text does it in its plain cases: sentences, clauses, the voice's
// lexicon, IPA by espeak-ng. Numbers are read by espeak-ng itself; homographs are not told apart.

const LONGEST = 200; // letters after which a sentence is cut
const PAUSES = { sentence: 0.18, clause: 0.09, cut: 0 }; // seconds behind a piece
const DROPPED = /[\u0361\u200d\u200b_-]/u;
const RETROFLEX = [["s.", "ʂ"], ["z.", "ʐ"], ["i.", "ɨ"], ["n.", "ɳ"], ["d.", "ɖ"], ["t.", "ʈ"]];
const MARKS = { "…": ".", "—": ",", "–": ",", "，": ",", "。": ".", "！": "!", "？": "?", "；": ";", "：": ":", "、": "," };
const CLAUSE_MARKS = ",.!?;:";
// Where espeak-ng ends a clause: at a mark before white space, but not at a stop before a small letter.
const CLAUSE = /[,!?;:，。！？；：、…]+["'”’»)\]]*(?=\s|$)|\.+["'”’»)\]]*(?=\s+[^\p{Ll}\s]|\s*$)|\s*[—–]+\s*/gu;
const CLAUSE_END = /[,;:]+["'”’»)\]]*(?=\s)|\s[—–-]+(?=\s)|[—–]{2,}/g;
const SENTINEL = "xqvzk"; // no word: what espeak-ng says of it tells the parts of a text apart

// What the espeak-ng of the page writes otherwise than the one of Myna, by voice.
const CORRECTIONS = {
  "en-us": [[/oːɹ/g, "ɔːɹ"]],
  de: [[/y(?!ː)/g, "ʏ"], [/\?\?/g, "ʊɐ"]],
  ru: [[/(?<=[aeiouyɪɨʊʌɑɛɔæ])([ˈˌ]?)ɵ/g, "j$1ɵ"]],
};
const ABBREVIATIONS = {
  en: { "Mr.": "mister", "Mrs.": "missus", "Ms.": "miz", "Dr.": "doctor", "Prof.": "professor", "St.": "saint", "vs.": "versus" },
};

/** Turns text into pieces of symbols. */
export class Reader {
  /** Take `voice` of manifest.json, and `ipa(text, voice)`, which asks espeak-ng. */
  constructor(voice, ipa) {
    this.voice = voice;
    this.ipa = ipa;
    this.lexicon = new Map(Object.entries(voice.lexicon));
    this.words = wordsOf([...this.lexicon.keys()]);
    this.short = ABBREVIATIONS[voice.language.split("-")[0]] ?? {};
  }

  /** Return `[{text, symbols, pause}]` with the seconds of silence before each piece. */
  async read(text) {
    const pieces = this.pieces(text), parts = pieces.map(({ text }) => this.parts(text));
    const clauses = parts.flat().flatMap((part) => part.clauses ?? []);
    const said = clauses.length ? await this.say(clauses.map(({ text }) => text)) : [];
    clauses.forEach((clause, n) => (clause.ipa = said[n]));
    let pause = 0;
    return pieces.flatMap(({ text, ending }, n) => {
      const symbols = closed(joined(parts[n]), ending);
      if (!symbols.some((symbol) => /\p{L}/u.test(symbol))) return [];
      const piece = { text, symbols, pause };
      pause = PAUSES[ending];
      return [piece];
    });
  }

  /** Cut text at lines and sentences, and at clauses where a sentence is long. */
  pieces(text) {
    const cutter = new Intl.Segmenter(this.voice.language, { granularity: "sentence" });
    const lines = text.normalize("NFC").split(/[\n\r\u2028\u2029]+/);
    return lines.flatMap((line) => {
      const whole = line.replace(/\s+/g, " ").replace(/\S+/g, (word) => this.short[word] ?? word);
      return [...cutter.segment(whole)].flatMap(({ segment }) => [...cut(segment.trim())]);
    });
  }

  /** Cut a piece at words of the lexicon: `{symbols}` for those, `{clauses}` between them. */
  parts(text) {
    const found = [];
    let at = 0;
    for (const match of this.words ? text.matchAll(this.words) : []) {
      found.push({ clauses: clausesOf(text.slice(at, match.index)) }, { symbols: this.entry(match[0]) });
      at = match.index + match[0].length;
    }
    return [...found, { clauses: clausesOf(text.slice(at)) }];
  }

  entry(word) {
    const exact = this.lexicon.get(word);
    if (exact) return exact;
    return [...this.lexicon].find(([known]) => known.toLowerCase() === word.toLowerCase())[1];
  }

  /** Return the IPA of each text, all in one run of espeak-ng. */
  async say(texts) {
    const lines = [SENTINEL, ...texts.flatMap((text) => [text, SENTINEL])].join("\n\n");
    const said = (await this.ipa(lines, this.voice.espeak)).split("\n").map((line) => line.trim()).filter(Boolean);
    const found = [];
    for (const line of said) line === said[0] ? found.push([]) : found.at(-1).push(line);
    if (found.length !== texts.length + 1) throw new Error("espeak-ng lost count of the clauses");
    return found.slice(0, -1).map((lines) => this.cleaned(lines.join(" ")));
  }

  cleaned(ipa) {
    let plain = ipa.replace(/\([^)]*\)/g, "").replace(/\s+/g, " ").trim(); // marks of a switch of language
    for (const [written, symbol] of RETROFLEX) plain = plain.replaceAll(written, symbol);
    for (const [pattern, symbol] of CORRECTIONS[this.voice.language] ?? []) plain = plain.replace(pattern, symbol);
    return plain;
  }
}

function wordsOf(words) {
  if (!words.length) return null;
  const longest = words.sort((a, b) => b.length - a.length).map((word) => word.replace(/[^\p{L}\p{N}\s]/gu, "\\$&"));
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${longest.join("|")})(?![\\p{L}\\p{N}_]|['’][\\p{L}\\p{N}_])`, "giu");
}

function* cut(sentence) {
  let rest = sentence;
  while (rest.length > LONGEST) {
    const ends = [...rest.matchAll(CLAUSE_END)].map((match) => match.index + match[0].length).filter((at) => at <= LONGEST);
    const space = rest.lastIndexOf(" ", LONGEST), at = ends.at(-1) ?? (space > 0 ? space : LONGEST);
    yield { text: rest.slice(0, at).trim(), ending: ends.length ? "clause" : "cut" };
    rest = rest.slice(at).trim();
  }
  if (rest) yield { text: rest, ending: "sentence" };
}

/** Cut a text into `{text, mark}`. */
function clausesOf(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(CLAUSE)) {
    const end = match.index + match[0].length, marks = match[0].match(/[,.!?;:，。！？；：、…—–]/gu);
    const mark = MARKS[marks.at(-1)] ?? marks.at(-1);
    found.push({ text: text.slice(at, end).trim(), mark });
    at = end;
  }
  found.push({ text: text.slice(at).trim(), mark: "" });
  return found.filter(({ text }) => text);
}

function joined(parts) {
  const out = [];
  const space = () => out.length && out.at(-1) !== " " && out.push(" ");
  for (const { symbols, clauses } of parts) {
    if (symbols) {
      space();
      out.push(...symbols);
    }
    for (const { ipa, mark } of clauses ?? []) {
      if (ipa) {
        space();
        out.push(...[...ipa.normalize("NFD")].filter((symbol) => !DROPPED.test(symbol)));
      }
      if (mark && out.length && !(CLAUSE_MARKS.includes(out.at(-1)) && !ipa)) out.push(mark);
    }
  }
  return out;
}

/** Give a piece a mark at its end, so that it is spoken to its end. */
function closed(symbols, ending) {
  if (ending === "cut" || !symbols.length || CLAUSE_MARKS.includes(symbols.at(-1))) return symbols;
  return [...symbols, ending === "sentence" ? "." : ","];
}
