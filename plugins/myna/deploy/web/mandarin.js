// Chinese characters to IPA with tone marks; see myna/text/mandarin.py, and polyphones.py for the rules. The readings of
// words hold their sandhi. What belongs to one word around 儿 is a list here, where Myna asks the package rjieba.

const CHILD = "儿";

/** Reads characters by the tables of myna/deploy/web_mandarin.py. */
export class Mandarin {
  constructor(tables) {
    this.characters = new Map(Object.entries(tables.characters).flatMap(([read, all]) => [...all].map((one) => [one, read])));
    this.words = new Map();
    this.prefixes = new Set();
    for (const line of tables.words) {
      const [word, ...read] = line.split(" "), characters = [...word];
      this.words.set(word, read.length ? read : characters.map((one) => this.characters.get(one) ?? ""));
      characters.reduce((prefix, one) => (this.prefixes.add(prefix + one), prefix + one), "");
    }
    this.rules = tables.rules.map(([pattern, reading]) => [new RegExp(pattern, "dgu"), reading]);
    this.inside = tables.inside.map((word) => [word, word.lastIndexOf(CHILD, word.length - 2)]);
    this.tables = tables;
  }

  /** Return the symbols of characters, a mark of tone behind each syllable. */
  ipa(text) {
    return this.syllables(text).filter(Boolean).flatMap((syllable) => {
      return [...this.tables.sounds[syllable.slice(0, -1)], this.tables.tones[syllable.at(-1)]];
    });
  }

  /** Return a syllable for each character, such as `hang2`; "" for 儿 where it colours the one before. */
  syllables(text) {
    const characters = [...text];
    const read = this.corrected(text, this.cut(characters).flatMap((word) => this.words.get(word) ?? [this.characters.get(word) ?? ""]));
    characters.forEach((one, place) => {
      const before = read[place - 1];
      if (one !== CHILD || !before || this.isSyllable(text, characters.slice(0, place).join("").length)) return;
      [read[place - 1], read[place]] = [`${before.slice(0, -1)}r${before.at(-1)}`, ""];
    });
    return read;
  }

  /** Cut characters at the longest words, as pypinyin does; what is no word falls into characters. */
  cut(characters) {
    const found = [];
    let start = 0;
    while (start < characters.length) {
      let end = start, word = "", known = 0;
      while (end < characters.length && this.prefixes.has(word + characters[end])) {
        word += characters[end++];
        if (this.words.has(word)) known = end;
      }
      const step = known || (end === characters.length ? end : start + 1);
      found.push(...(known ? [characters.slice(start, known).join("")] : characters.slice(start, step)));
      start = step;
    }
    return found;
  }

  /** Give characters with several readings the one that their sentence asks for. */
  corrected(text, read) {
    for (const [pattern, reading] of this.rules) {
      for (const match of text.matchAll(pattern)) {
        const place = [...text.slice(0, match.indices.groups.c[0])].length;
        const sandhi = reading.endsWith("3") && read[place + 1]?.endsWith("3") && read[place] !== reading;
        read[place] = sandhi ? `${reading.slice(0, -1)}2` : reading;
      }
    }
    return read;
  }

  /** Whether the 儿 at a place is a syllable: it means a child, or stands within a word. */
  isSyllable(text, place) {
    if (this.tables.children.some((word) => text.endsWith(word, place + 1))) return true;
    return this.inside.some(([word, at]) => text.startsWith(word, place - at) && place >= at);
  }
}
