/** Whether a student, its teachers, a method and a data set go together; everything that would be wrong silently is refused. */

import { type Dataset, isLabelled } from "../data/index.js";
import type { Method, Players } from "../methods/index.js";
import type { Model, ModelInfo } from "../models/index.js";
import { UserError } from "../user-error.js";

/** The facts a method is planned with; throws a sentence when something does not fit. */
export function checkPlayers(method: Method, student: Model, teachers: readonly Model[], data: Dataset): Players {
  if (student.parameters().length === 0)
    throw new UserError("ERR_METHOD_CONTRACT", `The student ${student.info.name} has no parameters to train`, {
      remedy: "A network from an ONNX or TorchScript file can only teach; vit-distill models shows what can learn.",
    });
  const [least, most] = method.teachers;
  if (teachers.length < least || teachers.length > most) {
    const wanted = least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`;
    throw new UserError(
      "ERR_TEACHERS",
      `The method ${method.name} takes ${wanted} teachers, and the recipe has ${teachers.length}.`,
      {
        remedy: "List as many models under teachers, in the method's order.",
      },
    );
  }
  if (!isLabelled(data) && method.reads.labels)
    throw new UserError("ERR_NO_LABELS", `${data.name} has no labels, which the method ${method.name} reads as it is set here`, {
      remedy: "Leave the labels to the teacher: alpha: 1, or taskWeight: 0.",
    });
  const known = isLabelled(data)
    ? { name: data.name, count: data.classes.length }
    : { name: teachers[0].info.name, count: teachers[0].info.numClasses };
  for (const model of [student, ...(method.reads.answers ? teachers : [])]) checkClasses(model.info, known);
  const players: Players = { student: student.info, teacher: teachers[0]?.info, teachers: teachers.map(({ info }) => info) };
  method.check(players);
  return players;
}

function checkClasses({ name, numClasses }: ModelInfo, known: { name: string; count: number }): void {
  if (numClasses === known.count) return;
  throw new UserError("ERR_CLASSES", `${name} has ${numClasses} classes, and ${known.name} has ${known.count}`, {
    remedy: `Make it with { numClasses: ${known.count} }.`,
  });
}
