/** How many times as much damage is tried as in `npm test`; VIT_DISTILL_FUZZ sets it (the matrix's row "fuzz"). */
export const fuzzTimes = Number(process.env.VIT_DISTILL_FUZZ || 1);
