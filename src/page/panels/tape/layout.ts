/**
 * Where the nodes of a small graph stand: in rows, each node just above the first operation that reads it, and in a row so that
 * edges cross little (Sugiyama, Tagawa and Toda 1981). An edge over several rows keeps a narrow place in each of them.
 */
export interface Layout {
  width: number;
  height: number;
  /** The left upper corner of each node. */
  places: { x: number; y: number }[];
  /** The points that each edge goes through, downwards. */
  edges: { from: number; to: number; slot: number; points: { x: number; y: number }[] }[];
}

export const box = { width: 172, height: 56 };
const lane = 30;
const gap = { x: 14, y: 34 };

interface Item {
  row: number;
  width: number;
  above: Item[];
  below: Item[];
  /** The middle. */
  x: number;
}

export function layoutOf(nodes: readonly { inputs: readonly number[] }[]): Layout {
  const depth = nodes.map(() => 0);
  for (let i = nodes.length - 1; i >= 0; i--) {
    for (const input of nodes[i].inputs) depth[input] = Math.max(depth[input], depth[i] + 1);
  }
  const last = Math.max(...depth);
  const rows: Item[][] = Array.from({ length: last + 1 }, () => []);
  const make = (row: number, width: number): Item => {
    const item = { row, width, above: [], below: [], x: 0 };
    rows[row].push(item);
    return item;
  };
  const items = depth.map((each) => make(last - each, box.width));
  const chains = nodes.flatMap(({ inputs }, to) =>
    inputs.map((from, slot) => {
      const chain = [items[from]];
      for (let row = items[from].row + 1; row < items[to].row; row++) chain.push(make(row, lane));
      chain.push(items[to]);
      for (let i = 1; i < chain.length; i++) {
        chain[i - 1].below.push(chain[i]);
        chain[i].above.push(chain[i - 1]);
      }
      return { from, to, slot, chain };
    }),
  );
  for (const row of rows) spread(row);
  for (let sweep = 0; sweep < 12; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const wanted = new Map(row.map((item) => [item, middleOf(down ? item.above : item.below) ?? item.x]));
      if (sweep < 8) row.sort((a, b) => wanted.get(a)! - wanted.get(b)!);
      spread(row, (item) => wanted.get(item)!);
    }
  }
  const left = Math.min(...rows.flat().map(({ x, width }) => x - width / 2));
  const right = Math.max(...rows.flat().map(({ x, width }) => x + width / 2));
  const top = (row: number) => row * (box.height + gap.y);
  return {
    width: right - left,
    height: top(last) + box.height,
    places: items.map(({ x, row, width }) => ({ x: x - width / 2 - left, y: top(row) })),
    edges: chains.map(({ chain, ...edge }) => {
      const ends = { first: chain[0], last: chain[chain.length - 1] };
      const shift = (item: Item, others: readonly Item[], other: Item) =>
        (others.indexOf(other) - (others.length - 1) / 2) * 34 + item.x - left;
      // Side by side where several begin or end at one node, in the order of where they go.
      const byPlace = (a: Item, b: Item) => a.x - b.x;
      const begin = shift(ends.first, [...ends.first.below].sort(byPlace), chain[1]);
      const end = shift(ends.last, [...ends.last.above].sort(byPlace), chain[chain.length - 2]);
      const between = chain.slice(1, -1).flatMap(({ x, row }) => [
        { x: x - left, y: top(row) },
        { x: x - left, y: top(row) + box.height },
      ]);
      return {
        ...edge,
        points: [
          { x: begin, y: top(ends.first.row) + box.height },
          ...between,
          { x: end, y: top(ends.last.row) },
        ],
      };
    }),
  };
}

/** Puts a row's items in their order where they are wanted, or as near as the others let them. */
function spread(row: readonly Item[], wanted: (item: Item) => number = () => 0): void {
  let edge = -Infinity;
  let moved = 0;
  for (const item of row) {
    item.x = Math.max(wanted(item), edge + item.width / 2);
    edge = item.x + item.width / 2 + gap.x;
    moved += item.x - wanted(item);
  }
  for (const item of row) item.x -= moved / row.length;
}

function middleOf(items: readonly Item[]): number | undefined {
  return items.length === 0 ? undefined : items.reduce((sum, { x }) => sum + x, 0) / items.length;
}
