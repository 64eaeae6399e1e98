// Which language each part of a line is read in: by its script; see myna/text/scripts.py. What stands in a script that the
// page does not read is an error here.

const PIECE = /[\p{L}\p{Nl}\p{No}]+(?:[\u0300-\u036f'’]+[\p{L}\p{Nl}\p{No}]*)*|\p{Nd}+|\s+|./gsu;
const SCRIPTS = ["Han", "Latin", "Cyrillic", "Greek", "Hiragana", "Katakana", "Hangul", "Devanagari"];
const UNIT = /^[A-Za-zµ°℃℉Ω/²³%]{1,5}$/u, BEFORE_UNIT = /\d\s?°?(?:[A-Za-zµ]{1,5}\/)?$/u;
const BY_SCRIPT = SCRIPTS.map((name) => [name, new RegExp(`\\p{sc=${name}}`, "u")]);

/** A script that the page does not read; `letters` are those that were found. */
export class Unreadable extends Error {
  constructor(letters) {
    super(letters);
    this.name = "Unreadable";
    this.letters = letters;
  }
}

/** Cut a line into `{text, language}`, neighbours in one language together; `main` is that of the text. */
export function routed(line, main) {
  const pieces = [...line.matchAll(PIECE)].flatMap(([piece]) => byScript(piece));
  const scripts = pieces.map((piece) => [...piece].map(scriptOf).find(Boolean) ?? "");
  const runs = [];
  let before = "";
  pieces.forEach((text, n) => {
    const unit = scripts[n] === "Latin" && byItself(main) && UNIT.test(text) && BEFORE_UNIT.test(before);
    const language = scripts[n] && !unit ? languageOf(scripts[n], text, main) : neighbour(pieces, scripts, n) ?? main;
    if (runs.at(-1)?.language === language) runs.at(-1).text += text;
    else runs.push({ text, language });
    before += text;
  });
  return runs;
}

/** Whether Latin letters are another language's. */
export const byItself = (main) => main === "cmn" || main === "ru";

function scriptOf(character) {
  if (/[々〆〇]/.test(character)) return "Han";
  if (!/(?![ªºµ])\p{L}/u.test(character)) return "";
  return BY_SCRIPT.find(([, pattern]) => pattern.test(character))?.[0] ?? "another";
}

/** Cut letters where the script changes: `我用Python`. */
function byScript(piece) {
  const parts = [];
  let now = "";
  for (const character of piece) {
    const script = scriptOf(character);
    if (!parts.length || (now && script && script !== now)) parts.push("");
    parts[parts.length - 1] += character;
    now = script || now;
  }
  return parts;
}

function languageOf(script, text, main) {
  if (script === "Han") return "cmn";
  if (script === "Latin") return byItself(main) ? "en-us" : main;
  if ((script === "Cyrillic" && main === "ru") || (script === "Greek" && [...text].length === 1)) return main;
  throw new Unreadable(text);
}

/** Return the language of the letters that a number or a mark touches, those before it first, where it is theirs. */
function neighbour(pieces, scripts, n) {
  for (const step of [-1, 1]) {
    let at = n + step;
    while (pieces[at] !== undefined && !scripts[at] && /\S/.test(pieces[at])) at += step;
    if (scripts[at] === "Han") return "cmn";
    if (scripts[at] === "Cyrillic") return "ru";
  }
  return undefined;
}
