/** The one error of this folder: bad data that a person can mend. The message says what, where and what to do. */
import type { ErrorCode } from "../error-codes.js";

export class DataError extends Error {
  override readonly name = "DataError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What Node says of a file or folder of data. */
export function unreadable(message: string, cause: unknown): DataError {
  const isGone = (cause as NodeJS.ErrnoException).code === "ENOENT";
  return new DataError(isGone ? "ERR_DATA_NOT_FOUND" : "ERR_FILE", message, { cause });
}
