/** The one error of this folder: bad data that a person can mend. The message says what, where and what to do. */
export class DataError extends Error {
  override readonly name = "DataError";
  readonly code = "ERR_DATA";
}
