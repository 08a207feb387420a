/** Does the teacher see pictures of as many channels as there are? A grey one can stand in every channel. */

import { type Check, each } from "../check.js";

export const channels: Check = {
  name: "channels",
  needs: "models",
  short: true,
  run: each(({ model: { info } }, { data }) => {
    const { inChannels } = info;
    const numbers = { inChannels, channels: data.channels };
    if (inChannels === data.channels || data.channels === 1)
      return {
        severity: "ok",
        certain: true,
        says: `takes pictures of ${inChannels} channel${inChannels === 1 ? "" : "s"}`,
        numbers,
      };
    return {
      severity: "refuse",
      certain: true,
      says: `takes pictures of ${inChannels} channels, and those of ${data.name} have ${data.channels}`,
      fix: `Take a model made with inChannels: ${data.channels}.`,
      numbers,
    };
  }),
};
