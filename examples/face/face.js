// What `myna say … --visemes face.json` wrote, for avatars of others.

// The label that GB 45438-2025 asks for stands on the picture: a twentieth of its shorter side at least.
export function label(stage, face) {
  const plate = document.createElement("div");
  plate.className = "label";
  plate.textContent = face.notice;
  stage.append(plate);
}

// Visemes as TalkingHead's `speakAudio` takes them; rest is where no viseme is.
export function talkingHeadAudio(face, audio) {
  const shown = face.visemes.filter(({ viseme }) => viseme !== "sil");
  return {
    audio,
    words: [], wtimes: [], wdurations: [], // TalkingHead 1.7 looks at visemes only where there are words
    visemes: shown.map(({ viseme }) => viseme),
    vtimes: shown.map(({ start }) => 1000 * start),
    vdurations: shown.map(({ start, end }) => 1000 * (end - start)),
  };
}

// Curves by ARKit's names, for avatars that have them: coarticulated, with closures that close; brows and blinks too.
export function talkingHeadCurves(face, audio) {
  const frames = Math.round(face.seconds * face.fps) + 1;
  return { audio, anim: { name: "blendshapes", dt: Array(frames).fill(1000 / face.fps), vs: face.curves } };
}

// Expressions of VRM at a time in seconds: {aa: 0.7, blink: 0, …}.
export function expressionsAt(face, seconds) {
  const place = Math.max(0, seconds * face.fps), first = Math.floor(place), share = place - first;
  return Object.fromEntries(Object.entries(face.vrm).map(([name, values]) => {
    const a = values[Math.min(first, values.length - 1)], b = values[Math.min(first + 1, values.length - 1)];
    return [name, a * (1 - share) + b * share];
  }));
}

// Yaw, pitch and roll at a time, radians.
export function headAt(face, seconds) {
  const place = Math.min(Math.max(0, Math.round(seconds * face.fps)), face.head.yaw.length - 1);
  return ["yaw", "pitch", "roll"].map((turn) => (face.head[turn][place] * Math.PI) / 180);
}
