// What the tests of the face do inside the page: pictures of a head, and a head beside a sound of known bursts.
import { Player } from "/face/player.js";
import { Stage } from "/face/stage.js";

const SIZE = 320;

async function stage() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const gltf = await (await fetch("/v1/face/head.gltf")).json();
  return [new Stage(canvas, gltf, "AI-generated / AI生成"), canvas];
}

// A picture of the mouth in a face at rest, at each of the times.
export async function pictures(face, times) {
  const [made, canvas] = await stage();
  const player = new Player(made, { currentTime: 0 }, face, true);
  player.stop();
  const out = times.map((time) => {
    made.show(player.at(time)[0]);
    return canvas.toDataURL("image/png");
  });
  made.dispose();
  return out;
}

// What a player would draw at a time.
export function values(face, time, still) {
  const player = new Player({ show() {} }, { currentTime: 0 }, face, still);
  player.stop();
  return player.at(time);
}

// How loud it is and how far the mouth is open, each at milliseconds of one clock, while a sound plays.
export async function beside(wav, face) {
  const [made, canvas] = await stage();
  const bytes = Uint8Array.from(atob(wav), (one) => one.charCodeAt(0)); // a data: address, the policy forbids
  const audio = new Audio(URL.createObjectURL(new Blob([bytes], { type: "audio/wav" })));
  const context = new AudioContext();
  const ear = new AnalyserNode(context, { fftSize: 256 });
  context.createMediaElementSource(audio).connect(ear).connect(context.destination);
  await context.resume();
  const wave = new Float32Array(256);
  const heard = [], seen = [], show = made.show.bind(made);
  made.show = (...all) => {
    show(...all);
    seen.push([performance.now(), open(canvas)]);
  };
  const listening = setInterval(() => {
    ear.getFloatTimeDomainData(wave);
    heard.push([performance.now(), Math.max(...wave.map(Math.abs))]);
  }, 3);
  const player = new Player(made, audio, face);
  const ended = new Promise((done) => audio.addEventListener("ended", done));
  await audio.play();
  await ended;
  clearInterval(listening);
  player.stop();
  made.dispose();
  await context.close();
  return { heard, seen };
}

// How many pixels in the middle of the picture show the inside of the mouth.
function open(canvas) {
  const small = new OffscreenCanvas(64, 64).getContext("2d", { willReadFrequently: true });
  small.drawImage(canvas, 0.3 * SIZE, 0.5 * SIZE, 0.4 * SIZE, 0.3 * SIZE, 0, 0, 64, 64);
  const { data } = small.getImageData(0, 0, 64, 64);
  let count = 0;
  for (let n = 0; n < data.length; n += 4) count += data[n] < 120 && data[n + 1] < 75;
  return count;
}
