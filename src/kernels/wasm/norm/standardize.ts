import type {
  NDArray,
  SetStatistics,
  StandardizeBackwardInput,
  StandardizeGradients,
  StandardizeInput,
} from '../../contract.ts';
import { input, kernelCall, result, scratch } from '../runtime/operands.ts';
import { columnsBackward, columnsForward } from './columns/run.ts';
import { newStatistics, perFeature, setOptions } from './operands.ts';
import { rowsBackward, rowsForward } from './rows/run.ts';
import { DOUBLE, WORD } from './task.ts';

export function standardize(call: StandardizeInput): { y: NDArray; statistics: SetStatistics } {
  const { x, view, gamma, beta, options, given, residual, relu } = call;
  const { n, p, g, k } = view;
  return kernelCall(() => {
    const y = result(x.shape);
    const statistics = given ?? newStatistics(n, g);
    if (x.data.length === 0) return { y, statistics };
    const task = setOptions(options, p * k, statistics);
    const { words } = task;
    words[WORD.x] = input(x.data);
    words[WORD.y] = y.data.byteOffset;
    words[WORD.residual] = residual ? input(residual.data) : 0;
    words[WORD.gamma] = perFeature(gamma, g * k, 1);
    words[WORD.beta] = perFeature(beta, g * k, 0);
    words[WORD.given] = given ? 1 : 0;
    words[WORD.relu] = relu ? 1 : 0;
    if (p === 1) rowsForward(task, view, given);
    else columnsForward(task, view, given);
    return { y, statistics };
  });
}

export function standardizeBackward(call: StandardizeBackwardInput): StandardizeGradients {
  const { dy, x, y, view, gamma, relu, options, statistics, through, needs } = call;
  const { p, g, k } = view;
  const features = g * k;
  return kernelCall(() => {
    const dx = needs.x ? result(x.shape) : null;
    const dgamma = needs.gamma ? result([features]) : null;
    const dbeta = needs.beta ? result([features]) : null;
    const d = needs.residual && relu ? result(x.shape) : null;
    const gradients = { dx, dgamma, dbeta, dresidual: needs.residual ? (d ?? dy) : null };
    const task = setOptions(options, p * k, statistics);
    const { words, doubles } = task;
    const throughMean = through.mean && options.center;
    words[WORD.x] = input(x.data);
    words[WORD.dy] = input(dy.data);
    words[WORD.y] = relu ? input(y.data) : 0;
    words[WORD.relu] = relu ? 1 : 0;
    words[WORD.d] = d ? d.data.byteOffset : 0;
    words[WORD.dx] = dx ? dx.data.byteOffset : 0;
    words[WORD.dgamma] = dgamma ? dgamma.data.byteOffset : scratch(features).byteOffset;
    words[WORD.dbeta] = dbeta ? dbeta.data.byteOffset : scratch(features).byteOffset;
    words[WORD.wanted] = dgamma || dbeta ? 1 : 0;
    words[WORD.gamma] = perFeature(gamma, features, 1);
    doubles[DOUBLE.throughMean] = throughMean ? 1 : 0;
    doubles[DOUBLE.throughVariance] = through.variance ? 1 : 0;
    const statisticsCount = throughMean || through.variance;
    words[WORD.reduces] = dgamma || dbeta || d || (dx && statisticsCount) ? 1 : 0;

    if (p === 1) rowsBackward(task, view);
    else columnsBackward(task, view);
    return gradients;
  });
}
