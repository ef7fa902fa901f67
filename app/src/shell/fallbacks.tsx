/** What stands where a page should be. */
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { CloudOff, Compass, LoaderCircle } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import { Button, buttonClass, Card, Empty } from "../ui/index.ts";

export function NotFound() {
  const { t } = useI18n();
  return (
    <Card className="mx-auto max-w-xl">
      <Empty icon={<Compass />} title={t("shell.notFound")}>
        <Link to="/" className={buttonClass("primary")}>
          {t("shell.toHome")}
        </Link>
      </Empty>
    </Card>
  );
}

/** While a page is fetched for longer than a moment. */
export function Fetching() {
  const { t } = useI18n();
  return (
    <Card className="mx-auto max-w-xl">
      <Empty icon={<LoaderCircle className="animate-spin" />} title={t("shell.fetching")}>
        {t("shell.fetchingHint")}
      </Empty>
    </Card>
  );
}

export function Broken({ error }: ErrorComponentProps) {
  const { t } = useI18n();
  return (
    <Card className="mx-auto max-w-xl">
      <Empty icon={<CloudOff />} title={t("shell.broken")}>
        <p className="mb-3">{error instanceof Error ? error.message : String(error)}</p>
        <Button look="primary" onClick={() => location.reload()}>
          {t("shell.reload")}
        </Button>
      </Empty>
    </Card>
  );
}
