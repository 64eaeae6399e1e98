// Text to the symbols that the voice reads, as myna/text does it in its plain cases: sentences, clauses, the voice's
// lexicon, IPA by espeak-ng, Chinese characters by han.js. Numbers of other languages are read by espeak-ng itself;
// homographs are not told apart.

import { linesOf } from "./clean.js";
import { byItself, routed } from "./routes.js";
import { cut, sentencesOf } from "./sentences.js";

const PAUSES = { sentence: 0.18, clause: 0.09, cut: 0 }; // seconds behind a piece
const FOREIGN = 1 / 3; // of the symbols of a piece: from here on its other language is spoken, not quoted
const DROPPED = /[\u0361\u200d\u200b_-]/u;
const RETROFLEX = [["s.", "ʂ"], ["z.", "ʐ"], ["i.", "ɨ"], ["n.", "ɳ"], ["d.", "ɖ"], ["t.", "ʈ"]];
const MARKS = { "…": ".", "—": ",", "–": ",", "，": ",", "。": ".", "！": "!", "？": "?", "；": ";", "：": ":", "、": "," };
const CLAUSE_MARKS = ",.!?;:";
// Where espeak-ng ends a clause: at a mark before white space, but not at a stop before a small letter.
const CLAUSE = /[,!?;:，。！？；：、…]+["'”’»)\]]*(?=\s|$)|\.+["'”’»)\]]*(?=\s+[^\p{Ll}\s]|\s*$)|\s*[—–]+\s*/gu;
const SENTINEL = "xqvzk"; // no word: what espeak-ng says of it tells the parts of a text apart
const HAN = /\p{sc=Han}/u;
const ENTRY = 0xf0000; // the first private character; each stands for a word of the lexicon
const UNSPACED = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]/u;

// What the espeak-ng of the page writes otherwise than the one of Myna, by voice.
const CORRECTIONS = {
  "en-us": [[/oːɹ/g, "ɔːɹ"]],
  de: [[/y(?!ː)/g, "ʏ"], [/\?\?/g, "ʊɐ"]],
  ru: [[/(?<=[aeiouyɪɨʊʌɑɛɔæ])([ˈˌ]?)ɵ/g, "j$1ɵ"]],
};
const ABBREVIATIONS = {
  en: { "Mr.": "mister", "Mrs.": "missus", "Ms.": "miz", "Dr.": "doctor", "Prof.": "professor", "St.": "saint", "vs.": "versus" },
};

/** A language that the consent does not cover. */
export class Uncovered extends Error {
  constructor(language) {
    super(language);
    this.name = "Uncovered";
    this.language = language;
  }
}

/** Turns text into pieces of symbols. */
export class Reader {
  /** Take `voice` of manifest.json, `ipa(text, voice)`, which asks espeak-ng, and `han()`, which brings the `Han` of han.js. */
  constructor(voice, ipa, han) {
    this.voice = voice;
    this.ipa = ipa;
    this.han = han;
    this.lexicon = new Map(Object.entries(voice.lexicon));
    this.words = wordsOf([...this.lexicon.keys()]);
    this.short = ABBREVIATIONS[voice.language.split("-")[0]] ?? {};
  }

  /**
   * Return `[{text, symbols, languages, pause}]`: the number of each symbol's language, and the seconds of silence before
   * each piece.
   */
  async read(text) {
    const pieces = this.voice.language === "cmn" || HAN.test(text) ? await this.mixed(text) : this.plain(text);
    await this.sayAll(pieces.flatMap(({ parts }) => parts));
    let pause = 0;
    return pieces.flatMap(({ text, ending, parts }) => {
      const { symbols, codes } = joined(parts);
      close(symbols, codes, ending);
      if (!symbols.some((symbol) => /\p{L}/u.test(symbol))) return [];
      this.check(symbols, codes);
      const piece = { text, symbols, languages: codes.map((code) => this.voice.languages[code].number), pause };
      pause = PAUSES[ending];
      return [piece];
    });
  }

  /** Refuse a piece in a language that the consent does not cover; a word of it within a sentence is none. */
  check(symbols, codes) {
    const counted = (list) => [...new Set(list)].map((code) => [code, list.filter((one) => one === code).length]);
    const sounds = counted(codes.filter((_, n) => /\p{L}/u.test(symbols[n])));
    const [[most]] = sounds.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? 1 : -1));
    const spoken = [most, ...counted(codes).filter(([, count]) => count > codes.length * FOREIGN).map(([code]) => code)];
    const strange = spoken.find((code) => !this.voice.languages[code].consented);
    if (strange) throw new Uncovered(strange);
  }

  /** Cut text in the language of the voice: `{text, ending, parts}`. */
  plain(text) {
    const { language } = this.voice, lines = text.normalize("NFC").split(/[\n\r\u2028\u2029]+/);
    return lines.flatMap((line) => {
      const whole = line.replace(/\s+/g, " ").replace(/\S+/g, (word) => this.short[word] ?? word);
      const pieces = sentencesOf(whole, language).flatMap((sentence) => [...cut(sentence)]);
      return pieces.map((piece) => ({ ...piece, parts: this.parts(piece.text) }));
    });
  }

  /** Cut a piece at words of the lexicon: `{symbols, language}` for those, `{clauses, language}` between them. */
  parts(text) {
    const found = [], { language } = this.voice;
    let at = 0;
    for (const match of this.words ? text.matchAll(this.words) : []) {
      found.push({ clauses: clausesOf(text.slice(at, match.index)), language }, { symbols: this.entry(match[0]), language });
      at = match.index + match[0].length;
    }
    return [...found, { clauses: clausesOf(text.slice(at)), language }];
  }

  entry(word) {
    const exact = this.lexicon.get(word);
    if (exact) return exact;
    return [...this.lexicon].find(([known]) => known.toLowerCase() === word.toLowerCase())[1];
  }

  /** Cut text in which Chinese is read as Mandarin, whatever the voice's language: `{text, ending, parts}`. */
  async mixed(text) {
    const han = await this.han(), { language } = this.voice;
    return linesOf(text).flatMap((line) => {
      const entries = [], held = (word) => String.fromCodePoint(ENTRY + entries.push(this.entry(word)) - 1);
      const runs = routed(this.words ? line.replace(this.words, held) : line, language);
      const read = runs.map((run) => ({ ...run, text: run.language === "cmn" ? han.normalise(run.text) : run.text }));
      const pieces = sentencesOf(read.map((run) => run.text).join(""), language).flatMap((sentence) => [...cut(sentence)]);
      return pieces.map((piece) => ({ ...piece, parts: taken(read, piece.text).flatMap((run) => this.within(run, entries, han)) }));
    });
  }

  /** Return the parts of a run. */
  within({ text, language }, entries, han) {
    return text.split(/([\u{f0000}-\u{ffffd}])/u).flatMap((part) => {
      const entry = entries[part.codePointAt(0) - ENTRY];
      if (entry) return [{ symbols: entry, language }];
      const [lead] = part.trim().match(han.closing), rest = part.trim().slice(lead.length).trim(), mark = han.mark(lead);
      const alone = language === "en-us" && byItself(this.voice.language) && han.tables.english[rest];
      if (alone) return [{ mark, symbols: symbolsOf(alone), language }];
      return [language === "cmn" ? { mark, spelled: spelledOf(han.spell(rest)), language } : { mark, clauses: clausesOf(rest), language }];
    });
  }

  /** Ask espeak-ng for all clauses, in one run for each language. */
  async sayAll(parts) {
    const asked = parts.flatMap(({ clauses, spelled, language }) => {
      const others = spelled?.flatMap(({ clauses }) => clauses ?? []).map((clause) => [clause, "en-us"]);
      return others ?? clauses?.map((clause) => [clause, language]) ?? [];
    });
    for (const language of new Set(asked.map(([, language]) => language))) {
      const clauses = asked.filter((one) => one[1] === language).map(([clause]) => clause);
      const said = await this.say(clauses.map(({ text }) => text), language);
      clauses.forEach((clause, n) => (clause.ipa = said[n]));
    }
  }

  /** Return the IPA of each text, all in one run of espeak-ng. */
  async say(texts, language) {
    const lines = [SENTINEL, ...texts.flatMap((text) => [text, SENTINEL])].join("\n\n");
    const answer = await this.ipa(lines, this.voice.languages[language].espeak);
    const said = answer.split("\n").map((line) => line.trim()).filter(Boolean), found = [];
    for (const line of said) line === said[0] ? found.push([]) : found.at(-1).push(line);
    if (found.length !== texts.length + 1) throw new Error("espeak-ng lost count of the clauses");
    return found.slice(0, -1).map((lines) => cleaned(lines.join(" "), language));
  }
}

function cleaned(ipa, language) {
  let plain = ipa.replace(/\([^)]*\)/g, "").replace(/\s+/g, " ").trim(); // marks of a switch of language
  for (const [written, symbol] of RETROFLEX) plain = plain.replaceAll(written, symbol);
  for (const [pattern, symbol] of CORRECTIONS[language] ?? []) plain = plain.replace(pattern, symbol);
  return plain;
}

function wordsOf(words) {
  if (!words.length) return null;
  const longest = words.sort((a, b) => b.length - a.length).map((word) => {
    const escaped = word.replace(/[^\p{L}\p{N}\s]/gu, "\\$&"), characters = [...word];
    // Chinese puts no spaces between words, so there an entry may stand inside a longer string.
    const left = UNSPACED.test(characters[0]) ? "" : "(?<![\\p{L}\\p{N}_])";
    return `${left}${escaped}${UNSPACED.test(characters.at(-1)) ? "" : "(?![\\p{L}\\p{N}_]|['’][\\p{L}\\p{N}_])"}`;
  });
  return new RegExp(`(?:${longest.join("|")})`, "giu");
}

/** Take the runs of a piece off the front of those of its line. */
function taken(runs, piece) {
  const found = [];
  let rest = piece;
  while (runs[0] && !runs[0].text.trim()) runs.shift();
  if (runs[0]) runs[0].text = runs[0].text.trimStart();
  while (rest) {
    const { text, language } = runs[0], own = text.slice(0, rest.length);
    found.push({ text: own, language });
    rest = rest.slice(own.length);
    runs[0].text = text.slice(own.length);
    if (!runs[0].text) runs.shift();
  }
  return found;
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

/** Leave what stands in Chinese text without being Chinese to espeak-ng. */
function spelledOf(items) {
  return items.map(({ other, ...item }) => (other === undefined ? item : { ...item, clauses: clausesOf(other.trim()) }));
}

const symbolsOf = (ipa) => [...ipa.normalize("NFD")].filter((symbol) => !DROPPED.test(symbol));

/** Append symbols, a space before them. */
function append(out, symbols) {
  if (out.length && symbols.length && out.at(-1) !== " ") out.push(" ");
  out.push(...symbols);
}

/** Append clauses with their marks; `before` are the symbols that stand before `out`. */
function appendClauses(out, clauses, before = []) {
  for (const { ipa, mark } of clauses) {
    if (ipa) append(out, symbolsOf(ipa));
    const last = out.at(-1) ?? before.at(-1);
    if (mark && last && !(CLAUSE_MARKS.includes(last) && !ipa)) out.push(mark);
  }
  return out;
}

/** Put the parts of Chinese text together: characters touch each other, other words stand apart. */
function together(items) {
  const out = [];
  for (const { mark, symbols, clauses, spaced } of items) {
    const more = mark ? [mark] : symbols ?? appendClauses([], clauses);
    if (spaced) append(out, more);
    else out.push(...more);
  }
  return out;
}

function joined(parts) {
  const symbols = [], codes = [];
  for (const { mark, symbols: own, spelled, clauses, language } of parts) {
    if (mark && symbols.length && !CLAUSE_MARKS.includes(symbols.at(-1))) symbols.push(mark);
    const more = own ?? (spelled ? together(spelled) : appendClauses([], clauses, symbols));
    if (CLAUSE_MARKS.includes(more[0])) symbols.push(...more);
    else append(symbols, more);
    while (codes.length < symbols.length) codes.push(language);
  }
  return { symbols, codes };
}

/** Give a piece a mark at its end, so that it is spoken to its end. */
function close(symbols, codes, ending) {
  if (ending === "cut" || !symbols.length || CLAUSE_MARKS.includes(symbols.at(-1))) return;
  symbols.push(ending === "sentence" ? "." : ",");
  codes.push(codes.at(-1));
}
