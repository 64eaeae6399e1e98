// The one state of the page. What changes it goes through `update`, which draws the page anew.
export const state = {
  route: "", // new, hear, voices or making/<voice id>
  voices: null, // null until the server answered
  job: null, // that is being watched
  languages: [], // that can be read aloud
  offline: false,
  asking: null, // an open dialog: {kind, …}
  told: "", // said once by screen readers
  order: freshOrder(),
  hear: { text: "", chosen: [], format: "mp3", speed: 1, cue: "rhythm", purpose: "evaluation", face: false, mood: "neutral", sounds: [], places: {}, busy: false, error: null },
};

let draw = () => {};

export function onChange(listener) {
  draw = listener;
}

export function update(patch = {}) {
  Object.assign(state, patch);
  draw();
}

export function tell(text) {
  update({ told: text });
}

export function setOrder(patch) {
  Object.assign(state.order, patch);
  draw();
}

export function setHear(patch) {
  Object.assign(state.hear, patch);
  draw();
}

// What a person has said and chosen on the way to a new voice.
export function freshOrder() {
  return {
    step: 0, name: "", spoken: "", own: true, scope: "private", kind: "auto", error: null,
    takes: [], said: [], sentences: null, cover: null, place: 0, inspected: null, inspecting: false,
    consent: { sentence: "", take: null, checking: false, result: null, stated: false, record: null },
    terms: null, agreed: false, sending: false,
  };
}
