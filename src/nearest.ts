/** The word someone probably meant, by edit distance. https://en.wikipedia.org/wiki/Levenshtein_distance */

/** The candidate nearest to `word`, if it is near enough to be a slip of the fingers, or goes on where `word` stops. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.ceil(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = distanceTo(candidate.toLowerCase(), word.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Of the whole candidate, or of its beginning, for a word that was not typed to the end. */
function distanceTo(candidate: string, word: string): number {
  const whole = editDistance(word, candidate);
  return word.length > 2 ? Math.min(whole, 1 + editDistance(word, candidate.slice(0, word.length))) : whole;
}

/** `Did you mean "x"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const meant = nearest(word, candidates);
  return meant === undefined ? undefined : `Did you mean "${meant}"?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
