import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { Button, Sheet, TextField, tidy, useFields } from "../ui/index.ts";
import type { Meter } from "./data.ts";
import { useGivenNames } from "./use-called.ts";

const MOST_LETTERS = 30;

type Props = { meter: Meter; open: boolean; onClose: () => void };

/** Calling a meter as one likes. Nobody else sees it, so that nothing is sent. */
export function RenameSheet({ meter, open, onClose }: Props) {
  const { t } = useI18n();
  return (
    <Sheet open={open} onOpenChange={(next) => !next && onClose()} title={t("meters.rename")}>
      <Form meter={meter} onDone={onClose} />
    </Sheet>
  );
}

function Form({ meter, onDone }: { meter: Meter; onDone: () => void }) {
  const { t } = useI18n();
  const { names, give } = useGivenNames();
  const { field, handleSubmit } = useFields(
    z.object({
      name: z.pipe(
        tidy,
        z.string().check(z.maxLength(MOST_LETTERS, t("meters.nameLength", { most: MOST_LETTERS }))),
      ),
    }),
    { name: names[meter.id] ?? "" },
  );
  const submit = handleSubmit(({ name }) => {
    give(meter.id, name);
    onDone();
  });
  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      <TextField
        {...field("name")}
        label={t("meters.name")}
        hint={t("meters.nameHint", { serial: meter.serial })}
      />
      <Button type="submit" look="primary">
        {t("meters.keepName")}
      </Button>
    </form>
  );
}
