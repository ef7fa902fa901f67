/** What is wrong with a question: the field, and what it may be. */
export class InputError extends Error {
  readonly field: string;

  constructor(field: string, allowed: string) {
    super(`${field} must be ${allowed}`);
    this.name = "InputError";
    this.field = field;
  }
}

/** @throws InputError unless `least` <= `value` <= `most` */
export function between(field: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) throw new InputError(field, `${least} to ${most}`);
  return value;
}
