import { parameterBlock } from '../templates/parameters.ts';

/** The sizes of a product as its kernel reads them, in a block that is written once, with the plan. */
export const sizesBlock = parameterBlock({
  fixed: [
    'k', // inner length
    'lastK', // of the last matrix: shorter where the matrices are pieces of one long k
    'block', // of k
    'tileRows', // the first `taller` rows of tiles are one row of C higher
    'taller',
    'columnBlock', // panels in a block of columns
    'matrices',
    'batchA', // bytes from matrix to matrix
    'batchB',
    'batchC',
  ],
});
