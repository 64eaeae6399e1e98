// Characters in the form in which the rest reads them, see myna/text/clean.py: wide and styled letters become plain ones.

const KEPT = new Set("…²³°℃℉ªº№™℠⁄¨´¸·‥，。！？；：（）～、「」");
const NAMED = { "−": "-", "‐": "-", "‑": "-", "‒": "–", "―": "—", "＂": '"', "μ": "µ", "ſ": "s" };
const CIRCLED = /[①-⑼Ⓐ-⓪㉑-㊿]/u;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\ufe00-\ufe0f]/u;

/** Return the lines of a text, without what cannot be seen. */
export function linesOf(text) {
  const lines = text.normalize("NFC").split(/\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]/);
  return lines.map((line) => [...line].map(form).join("").trim()).filter(Boolean);
}

function form(character) {
  if (/[\t\p{Zs}]/u.test(character)) return " ";
  if (UNSEEN.test(character)) return "";
  if (NAMED[character]) return NAMED[character];
  const plain = character.normalize("NFKC");
  if (KEPT.has(character) || plain === character) return character;
  return CIRCLED.test(character) ? `${plain.replace(/[().]/g, "")} ` : plain;
}
