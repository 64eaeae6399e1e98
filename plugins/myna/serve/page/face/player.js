// A face (what `/v1/audio/speech` tells of it) in step with a sound: the time of the sound is the only clock.
export class Player {
  // `still` leaves the mouth alone in motion, for who asked for less of it.
  constructor(stage, audio, face, still = false) {
    Object.assign(this, { stage, audio, face, still, frame: 0 });
    this.mouth = Object.keys(face.curves).filter((name) => !still || /^(mouth|jaw|tongue)/.test(name));
    this.draw = this.draw.bind(this);
    this.draw();
  }

  draw() {
    this.frame = requestAnimationFrame(this.draw);
    if (this.audio.currentTime === this.shown) return;
    this.shown = this.audio.currentTime;
    this.stage.show(...this.at(this.shown));
  }

  // What the face does at a time, between two frames in proportion.
  at(seconds) {
    const { fps, curves, head } = this.face;
    const place = Math.max(0, seconds * fps);
    const values = {};
    for (const name of this.mouth) values[name] = between(curves[name], place);
    const turns = this.still ? [0, 0, 0] : [head.yaw, head.pitch, head.roll].map((turn) => between(turn, place));
    return [values, turns];
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }
}

function between(values, place) {
  const first = Math.min(Math.floor(place), values.length - 1);
  const next = Math.min(first + 1, values.length - 1);
  const share = Math.min(place - first, 1);
  return values[first] * (1 - share) + values[next] * share;
}
