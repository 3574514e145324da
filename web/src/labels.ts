// Where the words on the map stand: each label gets the first of its places that
// hides no other label and no symbol. Pure; boxes are in pixels of the page.
export interface Box { x: number; y: number; w: number; h: number }

// A label's places are offsets of its box's upper left corner from its anchor.
export interface Wanted { at: [number, number]; w: number; h: number; places: [number, number][]; must: boolean }

export const meets = (a: Box, b: Box) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const shared = (a: Box, b: Box) => Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) * Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));

// place gives for each label the number of its place, or -1 for one that is left
// out because there is no room and it need not be shown. Labels are served in
// their order; one that must be shown takes the place that hides least.
export function place(all: Wanted[], taken: Box[], room: Box): number[] {
  const boxes = [...taken];
  return all.map((l) => {
    let best = -1;
    let least = Infinity;
    for (let i = 0; i < l.places.length; i++) {
      const [dx, dy] = l.places[i]!;
      const b = { x: l.at[0] + dx, y: l.at[1] + dy, w: l.w, h: l.h };
      const out = b.w * b.h - shared(b, room);
      const cost = boxes.reduce((s, o) => s + shared(b, o), 0) + out * 0.6;
      if (cost < least) {
        least = cost;
        best = i;
        if (cost === 0) break;
      }
    }
    if (best < 0 || (least > 0 && !l.must)) return -1;
    const [dx, dy] = l.places[best]!;
    boxes.push({ x: l.at[0] + dx, y: l.at[1] + dy, w: l.w, h: l.h });
    return best;
  });
}

// Places around a shape that spans from (-w/2,0) to (w/2,h) below its anchor:
// over it, under it, inside it, at its sides, and further up.
export function around(shape: { w: number; h: number }, w: number, h: number): [number, number][] {
  const gap = 6;
  return [
    [-w / 2, -h - gap], [-w / 2, shape.h + gap],
    [-shape.w / 2, -h - gap], [shape.w / 2 - w, -h - gap], [-shape.w / 2, shape.h + gap], [shape.w / 2 - w, shape.h + gap],
    ...(shape.h > h + 12 && shape.w > w + 12 ? [[-shape.w / 2 + gap, gap], [shape.w / 2 - w - gap, gap], [-shape.w / 2 + gap, shape.h - h - gap], [shape.w / 2 - w - gap, shape.h - h - gap]] as [number, number][] : []),
    [-shape.w / 2 - w - gap, shape.h / 2 - h / 2], [shape.w / 2 + gap, shape.h / 2 - h / 2],
    [-w / 2, -2 * (h + gap)], [-w / 2, shape.h + h + 2 * gap], [-w / 2, -3 * (h + gap)],
  ];
}

// Places around a symbol of a radius.
export function beside(r: number, w: number, h: number): [number, number][] {
  return [[r, -h / 2], [-r - w, -h / 2], [-w / 2, r], [-w / 2, -r - h], [r, r / 2], [r, -h - r / 2], [-r - w, r / 2], [-r - w, -h - r / 2], [r, r + h], [r, -r - 2 * h]];
}
