// Asks the server for voices and jobs: each second while something is made, seldom else, never from a hidden tab.
import { get } from "./api.js";
import { state, update } from "./store.js";

const BUSY = 1000, IDLE = 15_000; // ms
let timer = 0;

export async function watch() {
  clearTimeout(timer);
  try {
    if (!document.hidden) await look();
  } catch (error) {
    if (error.code === "offline") update({ offline: true });
  }
  const busy = state.offline || state.voices?.some((voice) => voice.state === "making") || unfinished(state.job);
  timer = setTimeout(watch, busy ? BUSY : IDLE);
}

async function look() {
  const { data } = await get("/v1/audio/voices");
  const first = state.voices === null;
  update({ voices: data, offline: false });
  if (first && !state.route) location.replace(data.some((voice) => voice.state === "ready") ? "#hear" : "#new");
  const watched = data.find((voice) => state.route === `making/${voice.id}`);
  if (watched?.job) update({ job: await get(`/v1/jobs/${watched.job}`) });
}

export const unfinished = (job) => job?.state === "queued" || job?.state === "running";

document.addEventListener("visibilitychange", () => document.hidden || watch());
