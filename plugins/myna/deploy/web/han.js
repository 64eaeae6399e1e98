// Chinese text: numbers and signs as words (myna/text/grammars.py), then characters, marks and the rest (myna/text/han.py).

import { Transducer, said } from "./grammar.js";
import { Mandarin } from "./mandarin.js";

const HAN = "[\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}〇]+";
const CLAUSE_MARKS = ",.!?;:";
const TO_READ = /[\d%‰℃°$€£¥￥₩+=<>×÷~@#&]/;
const CLAUSE = /[^。！？!?；;\n\u{f0000}-\u{ffffd}]*[。！？!?；;\n\u{f0000}-\u{ffffd}]?/gu;
const DIGITS = [..."零一二三四五六七八九"], SPOKEN_DIGITS = [..."零幺二三四五六七八九"];
export const FILES = ["mandarin/readings.bin", "mandarin/tagger.bin", "mandarin/verbalizer.bin"];

/** Fetch the tables of Mandarin: `load(path)` gives the bytes of a file of the manifest. */
export async function loadHan(load) {
  const [readings, ...grammars] = await Promise.all(FILES.map(async (path) => inflated(await load(path))));
  return new Han(JSON.parse(new TextDecoder().decode(readings)), ...grammars.map((bytes) => new Transducer(bytes)));
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Reads stretches of Chinese. */
export class Han {
  constructor(tables, tagger, verbalizer) {
    this.tables = tables;
    this.mandarin = new Mandarin(tables);
    this.grammars = [tagger, verbalizer];
    const units = Object.keys(tables.units).sort((a, b) => b.length - a.length).join("|");
    this.unit = new RegExp(`(?<=\\d)\\s?(${units})(?![A-Za-z/²³])`, "g");
    const marks = CLAUSE_MARKS + Object.keys(tables.marks).join("");
    this.closing = new RegExp(`^[${marks}]*`, "u"); // may belong to what stands before
    this.pieces = new RegExp(`(?<han>${HAN})|(?<mark>[${marks}]+)`, "gu");
  }

  /** Write a text as it is said. */
  normalise(text) {
    if (!TO_READ.test(text)) return text;
    const signs = this.signs(text);
    return [...signs.matchAll(CLAUSE)].map(([part]) => this.read(part)).join("");
  }

  /** Write what the grammar lacks or misreads. */
  signs(text) {
    const { units, coins } = this.tables, byDigit = (found) => found.replace(/\d/g, (n) => SPOKEN_DIGITS[n]).replaceAll("-", "，");
    return text
      .replace(/(\d)%?\s?[-~～—–]\s?(\d+(?:\.\d+)?%)/g, "$1%到$2")
      .replace(/(?<![\d.,])\d{17,}(?![\d.,])/g, byDigit)
      .replace(/(?<![\d.])(?!\d{4}\.\d{1,2}\.\d{1,2}(?![\d.]))\d{1,5}(?:\.\d{1,5}){2,}(?![\d.])/g, (found) => found.replaceAll(".", "点"))
      .replace(/[$€£¥￥₩]\s?\d{1,3}(?:,\d{3})+(?!\d)/g, (found) => found.replaceAll(",", ""))
      .replace(/([$€£])\s?(\d[\d,]*(?:\.\d+)?)\s?([百千]?万|亿|万亿)(?![\p{L}\p{N}_]*元)/gu, (_, sign, n, scale) => n + scale + coins[sign])
      .replace(this.unit, (_, unit) => units[unit])
      .replace(/(?<![\d-])(?:0\d{2,3}|[48]00)-\d{3,4}-?\d{4}(?![\d-])/g, byDigit)
      .replace(/[￥¥](\d)(?=[\d,.]*[万亿]?元)/g, "$1")
      .replace(/°([CF])/g, (_, scale) => (scale === "C" ? "℃" : "℉"));
  }

  /** Read a clause by the grammars; where they have no path it stays. */
  read(part) {
    const found = part.trim();
    const words = found && /\d/.test(found) ? said(found, ...this.grammars) : "";
    return words ? part.replace(found, () => words) : part;
  }

  /** Return the last mark of several, as it stands among symbols; "" where none ends a clause. */
  mark(written) {
    return [...written].map((one) => this.tables.marks[one] ?? one).filter((one) => CLAUSE_MARKS.includes(one)).at(-1) ?? "";
  }

  /** Return `{symbols}` and, for what are no characters, `{other}`, with the spaces and marks between them. */
  spell(text) {
    const out = [];
    let spaced = false;
    for (const [kind, piece] of this.split(text.replace(/\d/g, (digit) => DIGITS[digit]))) {
      if (kind === "mark") {
        const mark = this.mark(piece);
        if (out.length && mark) out.push({ mark });
        spaced = true;
        continue;
      }
      out.push({ ...(kind === "han" ? { symbols: this.mandarin.ipa(piece) } : { other: piece }), spaced: spaced || kind === "other" });
      spaced = kind === "other";
    }
    return out;
  }

  *split(text) {
    let start = 0;
    for (const match of text.matchAll(this.pieces)) {
      if (text.slice(start, match.index).trim()) yield ["other", text.slice(start, match.index)];
      yield [match.groups.han ? "han" : "mark", match[0]];
      start = match.index + match[0].length;
    }
    if (text.slice(start).trim()) yield ["other", text.slice(start)];
  }
}
