/* Two soft notes made by WebAudio, no file. Browsers allow sound only after the first gesture. */

let context = null;
let last = 0;

export function armSound() {
  const arm = () => {
    try {
      context ??= new AudioContext();
      context.resume();
    } catch {
      /* no audio device */
    }
  };
  if (navigator.userActivation?.hasBeenActive) arm();
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, arm, { once: true, capture: true });
}

export function chime({ volume = 0.12 } = {}) {
  if (context?.state !== "running" || Date.now() - last < 1_000) return;
  last = Date.now();
  for (const [offset, pitch] of [
    [0, 659.25],
    [0.12, 880],
  ]) {
    const start = context.currentTime + offset;
    const tone = new OscillatorNode(context, { type: "sine", frequency: pitch });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(volume, start + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.4);
  }
}
