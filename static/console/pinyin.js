/* pinyin.js: finds a built-in command by what somebody types: its words, its pinyin or the pinyin's initials; pure.
 *   score(typed, name, pinyin) -> number (0: no match; more is better)      `pinyin`: syllables with spaces, "shen se wai guan"
 *   spans(typed, text) -> [[from, to]] where the letters stand, for marking */

function subsequence(typed, text) {
  let at = -1;
  let gaps = 0;
  for (const letter of typed) {
    const next = text.indexOf(letter, at + 1);
    if (next === -1) return 0;
    if (at !== -1 && next !== at + 1) gaps += 1;
    at = next;
  }
  return 1 / (1 + gaps + text.length / 100);
}

export function score(typed, name, pinyin = "") {
  const wanted = typed.toLowerCase().replace(/\s+/g, "");
  if (wanted === "") return 1;
  const text = name.toLowerCase();
  const syllables = pinyin.split(" ").filter(Boolean);
  const whole = syllables.join("");
  const initials = syllables.map((one) => one[0]).join("");
  const direct = text.replace(/\s+/g, "").indexOf(wanted);
  if (direct === 0) return 10;
  if (initials.startsWith(wanted)) return 9;
  if (whole.startsWith(wanted)) return 8;
  if (direct > 0) return 7;
  if (initials.includes(wanted)) return 6;
  const word = text.split(/\s+/).map((one) => one[0]).join("");
  if (wanted.length > 1 && word.startsWith(wanted)) return 5;
  if (wanted.length < 2) return 0;
  if (whole.includes(wanted)) return 4;
  return Math.max(subsequence(wanted, text), subsequence(wanted, whole) / 2);
}

export function spans(typed, text) {
  const wanted = typed.trim().toLowerCase();
  const at = wanted === "" ? -1 : text.toLowerCase().indexOf(wanted);
  return at === -1 ? [] : [[at, at + wanted.length]];
}
