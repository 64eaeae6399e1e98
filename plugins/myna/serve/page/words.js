// The words of the page in its two languages, and how numbers, times and languages are written in them.
import { words as en } from "./words/en.js";
import { words as zh } from "./words/zh.js";

const KEPT = "myna.language";
const WORDS = { en, zh };
const CODES = { cmn: "zh", "fr-fr": "fr" }; // espeak-ng codes that are no tags of BCP 47, or say more than they mean

let language = startLanguage();

function startLanguage() {
  const kept = localStorage.getItem(KEPT);
  if (kept in WORDS) return kept;
  const first = navigator.languages.find((name) => /^(zh|en)/i.test(name)) ?? "en";
  return first.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const pageLanguage = () => language;

export function chooseLanguage(chosen) {
  language = chosen;
  localStorage.setItem(KEPT, chosen);
}

export const tag = () => (language === "zh" ? "zh-CN" : "en");

// The words for a key, with {name} filled in.
export function t(key, values = {}) {
  const text = WORDS[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(tag(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

export const percent = (share) => `${number(100 * share)} %`;

export function span(seconds) {
  const whole = Math.round(seconds);
  return whole < 90 ? t("seconds", { n: whole }) : t("minutes", { n: Math.floor(whole / 60), s: whole % 60 });
}

export function languageName(code) {
  try {
    return new Intl.DisplayNames([tag()], { type: "language" }).of(CODES[code] ?? code);
  } catch {
    return code;
  }
}

// The tag that tells a browser, and a screen reader, how a sentence is read.
export const spokenTag = (code) => CODES[code] ?? code;
