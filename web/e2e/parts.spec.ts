// Parts of the console that need no page: where labels stand, and the hash that
// two officers sign for.
import { expect, test } from "@playwright/test";
import { around, beside, meets, place, type Box, type Wanted } from "../src/labels.ts";
import { openHash } from "../src/openhash.ts";

const room: Box = { x: 0, y: 0, w: 1000, h: 700 };
const boxOf = (l: Wanted, i: number): Box => ({ x: l.at[0] + l.places[i]![0], y: l.at[1] + l.places[i]![1], w: l.w, h: l.h });

// Numbers that look like chance and are the same each time.
function numbers(seed: number): () => number {
  return () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
}

test("a label that may be left out never hides another label, a symbol or the edge", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = numbers(seed);
    const taken = Array.from({ length: 8 }, () => ({ x: next() * 980, y: next() * 680, w: 26, h: 26 }));
    const all: Wanted[] = Array.from({ length: 40 }, () => ({ at: [next() * 1000, next() * 700], w: 120, h: 34, places: next() < 0.5 ? beside(16, 120, 34) : around({ w: next() * 300, h: next() * 200 }, 120, 34), must: false }));
    const put = place(all, taken, room).flatMap((i, k) => (i < 0 ? [] : [boxOf(all[k]!, i)]));
    expect(put.length).toBeGreaterThan(10);
    put.forEach((b, i) => {
      expect(b.x >= 0 && b.y >= 0 && b.x + b.w <= room.w && b.y + b.h <= room.h).toBe(true);
      expect([...taken, ...put.slice(0, i)].some((o) => meets(b, o))).toBe(false);
    });
  }
});

test("a label that must be shown is shown, however full it is, where it hides least", () => {
  const crowd: Wanted[] = Array.from({ length: 30 }, () => ({ at: [500, 350], w: 200, h: 40, places: beside(16, 200, 40), must: true }));
  expect(place(crowd, [], room)).not.toContain(-1);
  const one: Wanted = { at: [100, 100], w: 50, h: 20, places: [[0, 0], [0, 30]], must: true };
  expect(place([one], [{ x: 100, y: 100, w: 50, h: 20 }, { x: 100, y: 145, w: 50, h: 20 }], room)).toEqual([1]);
});

test("two tracks at one place have words side by side, the same each time", () => {
  const two: Wanted[] = [0, 1].map(() => ({ at: [500, 350], w: 90, h: 40, places: beside(16, 90, 40), must: true }));
  expect(place(two, [], room)).toEqual([0, 1]);
});

test("the open items hash to what the record's own definition gives", async () => {
  // Made with record.OpenItems: lengths below 24, below 256 and above, and words beyond ASCII.
  expect(await openHash(["RU owes “read” on IL-RU/IL/urgent/2", "x".repeat(300), "ä"])).toBe("91a5678cf142da5e89b344e4b134a238728cedf0e69741c4c3b0200939fed040");
  expect(await openHash(Array.from({ length: 30 }, (_, i) => `item ${i}`))).toBe("ef763b5db93273aeb9293208990c7b706db61588dc5d52df14e46e63bd2d468d");
});
