import { expect, test } from 'vitest';
import { DataError } from '../../../src/data/errors.ts';
import { CodeError, RunFolderError, WeightsError } from '../../../src/errors.ts';
import { errorOf, fatalOf } from '../../../src/runs/sweep/fatal.ts';

test.each([
  new DataError('DATA_MISSING', 'no data', ['fetch it']),
  new RunFolderError('no folder', ['make it']),
  new CodeError('no norm', ['export it']),
  new WeightsError('no weights', ['export them']),
])('%s comes out of its worker as it went in', (error) => {
  const arrived = errorOf(JSON.parse(JSON.stringify(fatalOf(error))));
  expect(arrived).toBeInstanceOf(error.constructor);
  expect(arrived).toMatchObject({
    name: error.name,
    code: error.code,
    message: error.message,
    hint: error.hint,
  });
});

test('an error of one run, or of ours, does not travel', () => {
  expect(fatalOf(new Error('loss NaN'))).toBeUndefined();
});
