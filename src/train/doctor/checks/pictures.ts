/** Could the pictures be read? */

import type { Check } from "../check.js";

export const pictures: Check = {
  name: "pictures",
  needs: "answers",
  short: false, // training names them as it meets them
  run: ({ data, bad }) => {
    if (bad.length === 0) return [];
    const named = bad.slice(0, 3).map(({ name, reason }) => `${name} (${reason})`);
    return [
      {
        who: data.name,
        severity: "warning",
        certain: true,
        says: `has ${bad.length} unusable among the pictures looked at: ${named.join(", ")}${bad.length > 3 ? " …" : ""}`,
        fix: "Others stand in for them; mend or remove them.",
        numbers: { bad },
      },
    ];
  },
};
