/** A failure that was foreseen: its message says what, where and what to do, and is all that is printed. */
export class Refusal extends Error {}
