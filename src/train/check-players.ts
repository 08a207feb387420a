/** Whether a student, its teachers, a method and a data set go together; everything that would be wrong silently is refused. */

import type { Samples } from "../data/index.js";
import type { Method, Players } from "../methods/index.js";
import type { Model, ModelInfo } from "../models/index.js";
import { UserError } from "../user-error.js";

/** The facts a method is planned with; throws a sentence when something does not fit. */
export function checkPlayers(method: Method, student: Model, teachers: readonly Model[], data: Samples): Players {
  const [least, most] = method.teachers;
  if (teachers.length < least || teachers.length > most) {
    const wanted = least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`;
    throw new UserError(`The method ${method.name} takes ${wanted} teachers, and the recipe has ${teachers.length}.`);
  }
  for (const model of [student, ...teachers]) checkData(model.info, data);
  for (const teacher of teachers) checkTeacher(student.info, teacher.info);
  const players: Players = { student: student.info, teacher: teachers[0]?.info, teachers: teachers.map(({ info }) => info) };
  method.check(players);
  return players;
}

function checkData({ name, numClasses, inChannels }: ModelInfo, data: Samples): void {
  if (numClasses !== data.classes.length)
    throw new UserError(`${name} has ${numClasses} classes, and ${data.name} has ${data.classes.length}`, {
      remedy: `Make it with { numClasses: ${data.classes.length} }.`,
    });
  if (inChannels !== data.channels)
    throw new UserError(`${name} takes pictures of ${inChannels} channels, and ${data.name} has ${data.channels}`, {
      remedy: `Make it with { inChannels: ${data.channels} }.`,
    });
}

// both see the same tensor, so both must have been made for it
function checkTeacher(student: ModelInfo, teacher: ModelInfo): void {
  const differing = (["size", "mean", "std"] as const).find(
    (field) => String(student.input[field]) !== String(teacher.input[field]),
  );
  if (!differing) return;
  const [own, theirs] = [student, teacher].map(({ input }) => String(input[differing]));
  throw new UserError(
    `The student ${student.name} has input ${differing} ${own} and the teacher ${teacher.name} has ${theirs}, but they are shown the same pictures`,
    {
      remedy: "Make the student with the teacher's imgSize and input: { mean, std }.",
    },
  );
}
