// Long text in pieces that a voice speaks well; see myna/text/sentences.py.

const LONGEST = 200; // letters after which a sentence is cut; a character of Chinese takes as long as three
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const CLAUSE_END = /[,;:]+["'”’»)\]]*(?=\s)|[，；：、､]+[”’」』）)》]*|\s[—–-]+(?=\s)|[—–]{2,}/g;
const WIDE_END = /[。！？．｡]+[”’」』）)》"]*/g;
const WORD = /[\p{L}\p{N}\p{Co}]/u;

/** Return the sentences of a line; those of Chinese end at its own marks only. */
export function sentencesOf(line, language) {
  const wide = [...line.matchAll(WIDE_END)].map((match) => match.index + match[0].length);
  const places = [...new Set([...wide, ...(language === "cmn" ? [] : ends(line, language))])].sort((a, b) => a - b);
  const inside = places.filter((at) => WORD.test(line.slice(0, at)) && WORD.test(line.slice(at)));
  return [0, ...inside].map((start, n) => line.slice(start, inside[n])).filter((sentence) => sentence.trim());
}

function ends(line, language) {
  const cutter = new Intl.Segmenter(language, { granularity: "sentence" });
  return [...cutter.segment(line)].map(({ index, segment }) => index + segment.length);
}

/** Cut a sentence that is long, at clauses or spaces: `{text, ending}`. */
export function* cut(sentence) {
  let rest = sentence.trim();
  for (let limit; (limit = reach(rest)) < rest.length; ) {
    const clauses = [...rest.matchAll(CLAUSE_END)].map((match) => match.index + match[0].length).filter((at) => at <= limit);
    const space = rest.lastIndexOf(" ", limit), at = clauses.at(-1) ?? (space > 0 ? space : limit);
    yield { text: rest.slice(0, at).trim(), ending: clauses.length ? "clause" : "cut" };
    rest = rest.slice(at).trim();
  }
  if (rest) yield { text: rest, ending: "sentence" };
}

/** Return how far a piece may go. */
function reach(sentence) {
  let size = 0, place = 0;
  for (const character of sentence) {
    size += WIDE.test(character) ? 3 : 1;
    if (size > LONGEST) return Math.max(place, character.length);
    place += character.length;
  }
  return sentence.length;
}
