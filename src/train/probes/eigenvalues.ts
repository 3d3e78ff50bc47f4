/** Five or six are usual. */
const MOST_SWEEPS = 50;

/**
 * The eigenvalues of a symmetric matrix, smallest first, by Jacobi's rotations (1846): each makes the two entries a_pq = a_qp zero, until
 * none is left that would change a digit.
 */
export function eigenvalues(matrix: readonly Float64Array[]): number[] {
  const a = matrix.map((row) => row.slice());
  const n = a.length;
  for (let sweep = 0, rotated = true; rotated && sweep < MOST_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        // Against its own diagonal: of entries of very different sizes the small ones count, too
        if (Math.abs(a[p][q]) <= 1e-15 * Math.sqrt(Math.abs(a[p][p] * a[q][q]))) continue;
        rotate(a, p, q);
        rotated = true;
      }
    }
  }
  return a.map((row, i) => row[i]).sort((x, y) => x - y);
}

/** a' = R' a R with the rotation of axes p and q that makes a'_pq = 0. */
function rotate(a: Float64Array[], p: number, q: number): void {
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (const row of a) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
  [a[p], a[q]] = [
    a[p].map((value, k) => c * value - s * a[q][k]),
    a[q].map((value, k) => s * a[p][k] + c * value),
  ];
  a[p][q] = 0;
  a[q][p] = 0;
}
