import type { Batch } from '../../../data/batches.ts';
import { turn } from '../../engine/turn.ts';
import { type DuelConfig, mostSteps } from './config.ts';
import { createData, createSide, type Side } from './training.ts';
import { curveOf, type DuelView, type SideView } from './view.ts';

/** The settings, and after how many steps to pause. */
export interface DuelQuestion extends DuelConfig {
  until: number;
}

/** What pauses can go on: the last duel, kept while its settings are asked for. */
let live: { key: string; duel: Duel; shown: number; owner: object } | undefined;

const pictureMs = 80;

/** Both networks, trained side by side up to a step; some twelve pictures a second on the way. */
export async function* duelAnswer({ until, ...config }: DuelQuestion): AsyncGenerator<DuelView, void> {
  const key = JSON.stringify(config);
  // To fewer steps than were shown there is no way but the start
  if (live?.key !== key || until < live.shown) live = { key, duel: createDuel(config), shown: 0, owner: {} };
  const own = live;
  const owner = {};
  own.owner = owner;
  let next = performance.now() + pictureMs;
  while (own.duel.steps < until && !own.duel.over) {
    own.duel.step();
    if (performance.now() >= next) {
      own.shown = own.duel.steps;
      yield own.duel.view();
      // What a busy machine has missed is made up for, up to half a second of it
      next = Math.max(next + pictureMs, performance.now() - 500);
    }
    await turn();
    if (own.owner !== owner || live !== own) return;
  }
  own.shown = own.duel.steps;
  yield own.duel.view();
}

type Duel = ReturnType<typeof createDuel>;

function createDuel(config: DuelConfig) {
  const data = createData(config);
  const sides = [begin(config.a, config), begin(config.b, config)];
  let steps = 0;
  let epoch = 0;
  let batches: Iterator<Batch> | undefined;
  const running = () => sides.filter(({ side, refused }) => side && !side.over && refused === null);
  return {
    get steps() {
      return steps;
    },
    get over() {
      return steps >= mostSteps || running().length === 0;
    },
    /** One step of each side on the same batch, and the test where it was the last of its epoch. */
    step(): void {
      batches ??= data.train.epoch(++epoch);
      const batch = batches.next().value as Batch;
      steps++;
      const isLast = steps % data.train.perEpoch === 0;
      if (isLast) batches = undefined;
      for (const each of running()) {
        try {
          each.side!.step(batch);
          if (isLast && !each.side!.over) each.side!.endEpoch(data.test);
        } catch (error) {
          each.refused = messageOf(error);
        }
      }
    },
    view(): DuelView {
      const [a, b] = sides.map(({ norm, side, refused }) =>
        side ? { ...side.view(), refused } : nothing(norm, refused),
      );
      return { steps, perEpoch: data.train.perEpoch, sides: [a, b], over: this.over };
    },
  };
}

/** A side; a norm that cannot be built, or cannot take such batches, says why. */
function begin(norm: string, config: DuelConfig): { norm: string; side?: Side; refused: string | null } {
  try {
    return { norm, side: createSide(norm, config), refused: null };
  } catch (error) {
    return { norm, refused: messageOf(error) };
  }
}

function nothing(title: string, refused: string | null): SideView {
  return { title, curve: curveOf([]), epochs: [], layers: [], last: null, diverged: null, refused };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
