/** What is said of a weight file that is damaged or of an unknown form, and of tensors that none can hold. */
import { UserError, type UserErrorOptions } from "../user-error.js";

export const formatError = (what: string, options: UserErrorOptions): UserError =>
  new UserError("ERR_WEIGHTS_FORMAT", what, options);
