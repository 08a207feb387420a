/** An error the user can act on: what is wrong, where, and what to do. The command line prints it as one sentence, without a stack. */
import type { ErrorCode } from "./error-codes.js";

export interface UserErrorOptions {
  /** The file, field or option that is at fault. */
  where?: string;
  /** What the user can do about it, as a sentence. */
  remedy?: string;
  cause?: unknown;
}

export class UserError extends Error {
  override readonly name: string = "UserError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, what: string, { where, remedy, cause }: UserErrorOptions = {}) {
    super(`${where ? `${where}: ` : ""}${what}${remedy ? `${/[.!?]$/.test(what) ? "" : "."} ${remedy}` : ""}`, { cause });
    this.code = code;
  }
}

const REASONS: Record<string, string> = {
  ENOENT: "it does not exist",
  ENOTDIR: "a part of the path is a file, not a folder",
  EISDIR: "it is a folder, not a file",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EEXIST: "a file of that name stands in its way",
  EMFILE: "too many files are open",
};

/** Node's file-system error as a UserError: `Cannot read weights.safetensors: it does not exist`. */
export function fileError(error: unknown, doing: string, path: string, remedy?: string): UserError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const reason =
    (code === "ENOENT" && doing === "write" ? "its folder does not exist" : REASONS[code]) ?? (error as Error).message;
  return new UserError("ERR_FILE", `Cannot ${doing} ${path}: ${reason}`, { remedy, cause: error });
}
