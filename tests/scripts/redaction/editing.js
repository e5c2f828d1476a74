// Keys, boxes, stretches and covers of an edit list, for tests.

export const SECOND = 1_000_000;
export const PART = "a1".repeat(16);
export const EDITS = Object.freeze({
  layout: "one", pictures: ["wide"], sounds: [], offset: 0, blur: false, voice: "as-recorded",
  cuts: [], bleeps: [], regions: [],
});

export const box = (x = 0, y = 0, width = 1000, height = 2000) => ({ x, y, width, height });
/** A key at so many seconds. */
export const key = (at, ...sides) => ({ at: Math.round(at * SECOND), ...box(...sides) });
export const stretch = (begin, end, evidence = PART) => ({ evidence, from: begin * SECOND, to: end * SECOND });
export const region = (...path) => ({ evidence: PART, picture: "wide", shape: "ellipse", cover: "black", path });
/** So many of what `make` makes of their numbers. */
export const several = (count, make) => Array.from({ length: count }, (_, at) => make(at));
