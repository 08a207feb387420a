/** The one-to-one assignment of rows to columns with the greatest sum, in O(n³). Kuhn 1955, with Jonker and Volgenant's shortest paths. */

/** `gains` is [n, n] in row-major order; the column of each row comes back. */
export function bestAssignment(gains: ArrayLike<number>, n: number): Int32Array {
  const rowOf = new Int32Array(n + 1).fill(-1); // the row that a column has; column n is where a new row enters
  const rowPrice = new Float64Array(n);
  const columnPrice = new Float64Array(n + 1);
  for (let row = 0; row < n; row++) augment(row);
  const columnOf = new Int32Array(n);
  for (let column = 0; column < n; column++) columnOf[rowOf[column]] = column;
  return columnOf;

  /** Gives `entering` a column along the cheapest alternating path. */
  function augment(entering: number): void {
    const cheapest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(n).fill(n);
    const visited = new Uint8Array(n + 1);
    rowOf[n] = entering;
    let column = n;
    while (rowOf[column] >= 0) {
      visited[column] = 1;
      const row = rowOf[column];
      let next = -1;
      for (let j = 0; j < n; j++) {
        if (visited[j]) continue;
        const cost = -gains[row * n + j] - rowPrice[row] - columnPrice[j];
        if (cost < cheapest[j]) {
          cheapest[j] = cost;
          before[j] = column;
        }
        if (next < 0 || cheapest[j] < cheapest[next]) next = j;
      }
      const step = cheapest[next];
      for (let j = 0; j <= n; j++) {
        if (visited[j]) {
          rowPrice[rowOf[j]] += step;
          columnPrice[j] -= step;
        } else cheapest[j] -= step;
      }
      column = next;
    }
    for (; column !== n; column = before[column]) rowOf[column] = rowOf[before[column]];
  }
}
