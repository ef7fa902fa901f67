import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { TextField } from "./field.tsx";
import { tidy, useFields } from "./form.ts";
import { MOST_LETTERS } from "./letters.ts";
import { Sheet } from "./sheet.tsx";

type FormProps = {
  /** What it is called now; empty where it has no name of its own. */
  name: string;
  /** What happens where none is given. */
  hint: string;
  onName: (name: string) => void;
};
type Props = FormProps & { open: boolean; onClose: () => void };

/** Calling something as one likes. Nobody else sees it, so that nothing is sent. */
export function NameSheet({ open, onClose, onName, ...form }: Props) {
  const { t } = useI18n();
  const done = (name: string) => {
    onName(name);
    onClose();
  };
  return (
    <Sheet open={open} onOpenChange={(next) => !next && onClose()} title={t("meters.rename")}>
      <Form {...form} onName={done} />
    </Sheet>
  );
}

function Form({ name, hint, onName }: FormProps) {
  const { t } = useI18n();
  const { field, handleSubmit } = useFields(
    z.object({
      name: z.pipe(
        tidy,
        z.string().check(z.maxLength(MOST_LETTERS, t("meters.nameLength", { most: MOST_LETTERS }))),
      ),
    }),
    { name },
  );
  const submit = handleSubmit((given) => onName(given.name));
  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      <TextField {...field("name")} label={t("meters.name")} hint={hint} />
      <Button type="submit" look="primary">
        {t("meters.keepName")}
      </Button>
    </form>
  );
}
