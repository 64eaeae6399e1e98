// Records from the microphone as it is: what browsers do for calls (echo, noise, gain) would be learned as part of the voice.
// The server reads whatever the browser's recorder writes; nothing is converted here.
const WANTED = { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 } };
const KINDS = [["audio/webm;codecs=opus", "webm"], ["audio/mp4", "m4a"], ["audio/ogg;codecs=opus", "ogg"]];
const BITS_A_SECOND = 192_000;
const FLOOR = -60; // dB at the left end of the meter
const TOO_LOUD = 0.99, TOO_QUIET = -42; // peak of full scale; dB of the loudest moment

export const supported = () => Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);

export class Microphone {
  // onLevel: called about 30 times a second with a level from 0 to 1.
  constructor(onLevel) {
    this.onLevel = onLevel;
    this.stream = null;
    this.recorder = null;
    this.peak = 0;
    this.loudest = FLOOR;
  }

  async open() {
    if (this.stream?.active) return;
    this.stream = await navigator.mediaDevices.getUserMedia(WANTED);
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.context.createMediaStreamSource(this.stream).connect(this.analyser);
    this.timer = setInterval(() => this.listen(), 33);
  }

  listen() {
    const wave = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(wave);
    const power = wave.reduce((sum, value) => sum + value * value, 0) / wave.length;
    const level = 10 * Math.log10(power + 1e-9);
    this.loudest = Math.max(this.loudest, level);
    this.peak = wave.reduce((most, value) => Math.max(most, Math.abs(value)), this.peak);
    this.onLevel(Math.max(0, 1 - level / FLOOR));
  }

  // Starts a take.
  async start() {
    await this.open();
    const [type, ending] = KINDS.find(([kind]) => MediaRecorder.isTypeSupported(kind)) ?? ["", "webm"];
    this.ending = ending;
    this.parts = [];
    this.recorder = new MediaRecorder(this.stream, { ...(type && { mimeType: type }), audioBitsPerSecond: BITS_A_SECOND });
    this.recorder.ondataavailable = (event) => this.parts.push(event.data);
    this.peak = 0;
    this.loudest = FLOOR;
    this.recorder.start();
    this.began = performance.now();
  }

  // Ends a take: {blob, file, seconds, url, fault}; fault is "loud", "quiet" or "".
  stop(name) {
    return new Promise((resolve) => {
      this.recorder.onstop = () => {
        const blob = new Blob(this.parts, { type: this.recorder.mimeType });
        const seconds = (performance.now() - this.began) / 1000;
        const fault = this.peak >= TOO_LOUD ? "loud" : this.loudest < TOO_QUIET ? "quiet" : "";
        resolve({ blob, file: `${name}.${this.ending}`, seconds, url: URL.createObjectURL(blob), fault });
      };
      this.recorder.stop();
    });
  }

  close() {
    clearInterval(this.timer);
    if (this.recorder?.state === "recording") this.recorder.stop();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.stream = null;
    this.onLevel(0);
  }
}
