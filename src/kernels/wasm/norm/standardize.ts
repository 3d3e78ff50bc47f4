import { checkStandardize } from '../../checks.ts';
import type {
  NDArray,
  SetStatistics,
  StandardizeBackwardInput,
  StandardizeGradients,
  StandardizeInput,
} from '../../contract.ts';
import { input, kernelCall, result, workspace } from '../runtime/operands.ts';
import { runInTurn } from '../runtime/threads.ts';
import { columnsBackward, columnsForward } from './columns/plan.ts';
import { doubles, newStatistics, perFeature } from './operands.ts';
import { rowsBackward, rowsForward } from './rows/plan.ts';
import { takeRoom } from './task.ts';

export function standardize(call: StandardizeInput): { y: NDArray; statistics: SetStatistics } {
  const { x, view, gamma, beta, options, given, residual, relu } = call;
  const { n, p, g, k } = view;
  const { eps, epsInside, ddof } = options;
  const count = p * k;
  checkStandardize(call);
  return kernelCall(() => {
    const y = result(x.shape);
    const statistics = given ?? newStatistics(n, g);
    if (x.data.length === 0) {
      if (!given) for (const { data } of [statistics.mean, statistics.variance]) data.fill(Number.NaN);
      return { y, statistics };
    }
    const plan = p === 1 ? rowsForward(n, g, k) : columnsForward(n, p, g, k);
    const { sums, tables, own } = takeRoom(plan.room);
    plan.block.set({
      sums,
      tables,
      own,
      epsInside: epsInside ? eps : 0,
      epsOutside: epsInside ? 0 : eps,
      perCount: 1 / count,
      perDegree: 1 / (count - ddof),
      x: input(x.data),
      y: y.data.byteOffset,
      residual: residual ? input(residual.data) : 0,
      gamma: perFeature(gamma, g * k, 1),
      beta: perFeature(beta, g * k, 0),
      mean: doubles(statistics.mean.data),
      variance: doubles(statistics.variance.data),
      center: options.center ? 1 : 0,
      given: given ? 1 : 0,
      relu: relu ? 1 : 0,
    });
    runInTurn(plan.jobs(Boolean(given)));
    return { y, statistics };
  });
}

export function standardizeBackward(call: StandardizeBackwardInput): StandardizeGradients {
  const { dy, x, y, view, gamma, relu, options, statistics, through, needs } = call;
  const { n, p, g, k } = view;
  const { eps, epsInside, ddof } = options;
  const [features, count] = [g * k, p * k];
  return kernelCall(() => {
    const dx = needs.x ? result(x.shape) : null;
    const dgamma = needs.gamma ? result([features]) : null;
    const dbeta = needs.beta ? result([features]) : null;
    const d = needs.residual && relu ? result(x.shape) : null;
    const results = { dx, dgamma, dbeta, dresidual: needs.residual ? (d ?? dy) : null };
    const throughMean = through.mean && options.center;
    const wanted = needs.gamma || needs.beta;
    const reduces = wanted || d !== null || (needs.x && (throughMean || through.variance));

    const plan = p === 1 ? rowsBackward(n, g, k) : columnsBackward(n, p, g, k);
    const { sums, tables, own, gradients } = takeRoom(plan.room);
    plan.block.set({
      sums,
      tables,
      own,
      gradients,
      epsInside: epsInside ? eps : 0,
      epsOutside: epsInside ? 0 : eps,
      perCount: 1 / count,
      perDegree: 1 / (count - ddof),
      x: input(x.data),
      dy: input(dy.data),
      y: relu ? input(y.data) : 0,
      d: d ? d.data.byteOffset : 0,
      dx: dx ? dx.data.byteOffset : 0,
      dgamma: (dgamma?.data ?? workspace(features)).byteOffset,
      dbeta: (dbeta?.data ?? workspace(features)).byteOffset,
      gamma: perFeature(gamma, features, 1),
      mean: doubles(statistics.mean.data),
      variance: doubles(statistics.variance.data),
      wanted: wanted ? 1 : 0,
      reduces: reduces ? 1 : 0,
      count,
      throughMean: throughMean ? 1 : 0,
      throughVariance: through.variance ? 1 : 0,
    });
    const mask = d ? 'kept' : relu ? 'masked' : 'plain';
    runInTurn(plan.jobs({ mask, reduces, wanted, dx: needs.x, gradients }));
    return results;
  });
}
