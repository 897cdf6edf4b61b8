// Random numbers that are the same for the same seed (mulberry32).
//
// The seed is MILLRACE_SEED, else a new one; the suite prints it.
export const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 32));

export function makeDice(from) {
  let state = from >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    chance: (probability) => next() < probability,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)), // both included
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}
