/** timm's groups: matrices decay; vectors, biases, tokens and a model's own list do not; the frozen are left out. */

import { expect, test } from "vitest";
import { paramGroups } from "../../src/optim/index.js";
import { Parameter, tidy, zeros } from "../../src/torch/index.js";

test("decay by timm's rule", () => {
  tidy(() => {
    const matrix = (options?: { requiresGrad: boolean }) => new Parameter(zeros([2, 2]), options);
    const groups = paramGroups(
      [
        ["blocks.0.fc.weight", matrix()],
        ["blocks.0.fc.bias", new Parameter(zeros([2]))],
        ["blocks.0.norm.weight", new Parameter(zeros([2]))],
        ["pos_embed", matrix()],
        ["student.cls_token", matrix()],
        ["dist_token", matrix()],
        ["layers.0.relative_position_bias_table", matrix()],
        ["blocks.0.scales", matrix()],
        ["frozen.weight", matrix({ requiresGrad: false })],
      ],
      { weightDecay: 0.05, noWeightDecay: ["scales"] },
    );
    const named = groups.map(({ weightDecay, parameters }) => [weightDecay, parameters.map(([name]) => name)]);
    expect(named).toEqual([
      [
        0,
        [
          "blocks.0.fc.bias",
          "blocks.0.norm.weight",
          "pos_embed",
          "student.cls_token",
          "dist_token",
          "layers.0.relative_position_bias_table",
          "blocks.0.scales",
        ],
      ],
      [0.05, ["blocks.0.fc.weight"]],
    ]);
  });
});
