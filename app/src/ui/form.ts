/**
 * Every form: react-hook-form keeps what is typed and where the cursor goes, zod says what it means. What is wrong is
 * told in words while it is typed; an attempt to send it puts the cursor into the first wrong field.
 */
import { type DefaultValues, type FieldValues, type Path, type Resolver, useForm } from "react-hook-form";
import { z } from "zod/mini";
import { type AmountKind, decimalsOf, readAmount } from "../format/index.ts";
import { type I18n, useI18n } from "../i18n/index.ts";

type Problems<Texts> = Partial<Record<keyof Texts & string, string | undefined>>;

/**
 * @param schema What each field must be, by itself
 * @param defaultValues The texts to begin with
 * @param check What is wrong, by field, with values that are each right by themselves
 */
export function useFields<Texts extends FieldValues, Values extends FieldValues>(
  schema: z.ZodMiniType<Values, Texts>,
  defaultValues: Texts,
  check: (values: Values) => Problems<Texts> = () => ({}),
) {
  const resolver: Resolver<Texts, unknown, Values> = (texts) => {
    const { values, problems } = read(texts);
    const errors = Object.entries(problems).filter(([, message]) => message !== undefined);
    return values && errors.length === 0
      ? { values, errors: {} }
      : {
          values: {},
          errors: Object.fromEntries(
            errors.map(([name, message]) => [name, { type: "custom", message }]),
          ) as never,
        };
  };
  const form = useForm<Texts, unknown, Values>({
    resolver,
    reValidateMode: "onSubmit",
    defaultValues: defaultValues as DefaultValues<Texts>,
  });
  const texts = form.watch();
  // Read with every render and not with every stroke only: a balance, the book and the language change meanwhile.
  const { values, problems } = read(texts);
  const { isSubmitted } = form.formState;
  /** Everything that a field component wants to know. What is still empty is wrong only once it was to be sent. */
  const field = (name: Path<Texts> & keyof Texts & string) => ({
    ...form.register(name),
    problem: isSubmitted || texts[name] !== "" ? problems[name] : undefined,
  });
  return {
    ...form,
    texts,
    /** What the fields say, as soon as each of them is right by itself. */
    values,
    field,
    /** The same for an amount's field, which also says what it understood. */
    amountField: (name: Path<Texts> & keyof Texts & string) => ({
      ...field(name),
      text: String(texts[name]),
      onText: (text: string) => form.setValue(name, text as never, { shouldDirty: true }),
    }),
  };

  function read(typed: Texts): { values?: Values; problems: Problems<Texts> } {
    const { data, error } = schema.safeParse(typed);
    if (!error) return { values: data, problems: check(data) };
    const told = error.issues.map(({ path, message }) => [path.join("."), message]);
    return { problems: Object.fromEntries(told.reverse()) };
  }
}

/** Text without spaces around it, and with one where there were several. */
export const tidy = z.pipe(
  z.string(),
  z.transform((text) => text.trim().replaceAll(/\s+/g, " ")),
);

/** For a field that the rest of the form makes needless: whatever it holds is left unread. */
export const unread = z.pipe(
  z.string(),
  z.transform(() => undefined),
);

/** Base units, both ends included. Without an end it is more than zero, and as much as there is. */
type Range = { least?: bigint; most?: bigint | undefined };

export const useAmounts = () => makeAmounts(useI18n());

/** Amounts as they are typed or pasted: from text to exact base units, or words that say what is wrong. */
export function makeAmounts({ t, format }: Pick<I18n, "t" | "format">) {
  const amount =
    (kind: AmountKind, unit: string, show: (value: bigint) => string) =>
    ({ least = 1n, most }: Range = {}) => {
      const range = () => {
        if (most !== undefined && most < least) return t("field.only", { most: show(most) });
        if (least === 1n)
          return most === undefined ? t("field.positive") : t("field.upTo", { most: show(most) });
        return most === undefined
          ? t("field.atLeast", { least: show(least) })
          : t("field.between", { least: show(least), most: show(most) });
      };
      const refusals = {
        number: () => t("field.notNumber"),
        negative: () => t("field.negative"),
        unit: () => t("field.unit", { unit }),
        decimals: () =>
          decimalsOf(kind) === 0
            ? t("field.notWhole")
            : t("field.decimals", { decimals: decimalsOf(kind), unit }),
      };
      return z.pipe(
        z.string(),
        z.transform((text: string, context): bigint => {
          const fail = (message: string) => {
            context.issues.push({ code: "custom", message, input: text });
            return z.NEVER;
          };
          const read = readAmount(text, kind);
          switch (read.is) {
            case "empty":
              return fail(range());
            case "refused":
              return fail(refusals[read.why]());
            case "ambiguous":
              return fail(t("field.ambiguous"));
            default:
              return read.value < least || (most !== undefined && read.value > most)
                ? fail(range())
                : read.value;
          }
        }),
      );
    };
  return {
    /** kWh to Wh. */
    energy: amount("energy", "kWh", format.exactEnergy),
    /** Rupiah to IDRS base units. */
    money: amount("money", "Rp", format.exactMoney),
    /** Rupiah per kWh to price units. */
    price: amount("price", "Rp/kWh", format.exactPrice),
    /** Whole rupiah per kWh to ticks. */
    tick: amount("tick", "Rp/kWh", (tick) => format.tickPrice(Number(tick))),
    /** Whole seconds. */
    seconds: amount("seconds", t("command.seconds"), (value) =>
      t("field.seconds", { count: format.integer(value) }),
    ),
  };
}
