// The grammars by which Myna reads numbers, dates and units in Chinese (package wetext, Apache-2.0): transducers on bytes in
// the binary form of OpenFst, their best path by Viterbi's algorithm, and the order of the parts between the two.

const HEADER = 66, ARC = 16; // bytes
const ORDERS = {
  date: ["year", "month", "day"],
  fraction: ["denominator", "numerator"],
  measure: ["denominator", "numerator", "value"],
  money: ["value", "currency"],
  time: ["noon", "hour", "minute", "second"],
};

/** A weighted transducer that rewrites text. */
export class Transducer {
  /** Take the bytes of an `StdVectorFst`. */
  constructor(bytes) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.start = this.view.getInt32(42, true);
    this.states = [];
    for (let at = HEADER; at < bytes.byteLength; ) {
      this.states.push(at);
      at += 12 + ARC * this.view.getInt32(at + 4, true);
    }
  }

  /** Return the likeliest text that stands for a text; undefined where the grammar has no path. */
  rewrite(text) {
    let layer = new Map([[this.start, { cost: 0 }]]);
    for (const byte of new TextEncoder().encode(text)) {
      this.spread(layer);
      layer = this.step(layer, byte);
    }
    this.spread(layer);
    let best;
    for (const [state, path] of layer) {
      const cost = Math.fround(path.cost + this.view.getFloat32(this.states[state], true));
      if (cost < (best?.cost ?? Infinity)) best = { cost, path };
    }
    return best && written(best.path);
  }

  *arcs(state, byte) {
    const at = this.states[state], end = at + 12 + ARC * this.view.getInt32(at + 4, true);
    for (let arc = at + 12; arc < end; arc += ARC) if (this.view.getInt32(arc, true) === byte) yield arc;
  }

  /** Follow the arcs that read nothing. */
  spread(layer) {
    const waiting = [...layer.keys()];
    for (let state; (state = waiting.shift()) !== undefined; ) {
      for (const arc of this.arcs(state, 0)) {
        const next = this.follow(layer.get(state), arc, layer);
        if (next !== undefined) waiting.push(next);
      }
    }
  }

  step(layer, byte) {
    const found = new Map();
    for (const [state, path] of layer) for (const arc of this.arcs(state, byte)) this.follow(path, arc, found);
    return found;
  }

  /** Keep a path along an arc, and return where it leads, if none there is cheaper. */
  follow(path, arc, layer) {
    const cost = Math.fround(path.cost + this.view.getFloat32(arc + 8, true)), state = this.view.getInt32(arc + 12, true);
    if (cost >= (layer.get(state)?.cost ?? Infinity)) return undefined;
    layer.set(state, { cost, before: path, label: this.view.getInt32(arc + 4, true) });
    return state;
  }
}

function written(path) {
  const bytes = [];
  for (let at = path; at; at = at.before) if (at.label) bytes.push(at.label);
  return new TextDecoder().decode(Uint8Array.from(bytes.reverse()));
}

/** Return a text as it is said, by the grammar that tells what its parts are and the one that says them. */
export function said(text, tagger, verbalizer) {
  const tagged = tagger.rewrite(text)?.trim();
  return tagged && verbalizer.rewrite(ordered(tagged))?.trim();
}

/** Put the parts of each `name { key: "value" }` into the order in which they are said. */
function ordered(tagged) {
  const tokens = [...tagged.matchAll(/(\w+) \{((?: \w+: "(?:\\.|[^"\\])*")*) \}/gs)];
  return tokens.map(([, name, inside]) => {
    const parts = new Map([...inside.matchAll(/(\w+): "((?:\\.|[^"\\])*)"/gs)].map(([, key, value]) => [key, value]));
    const first = parts.get("preserve_order") === "true" ? [] : (ORDERS[name] ?? []).filter((key) => parts.has(key));
    const keys = [...first, ...[...parts.keys()].filter((key) => !first.includes(key))];
    const escaped = (value) => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
    return `${name} {${keys.map((key) => ` ${key}: "${escaped(parts.get(key))}"`).join("")} }`;
  }).join(" ");
}
