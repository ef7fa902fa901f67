import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import { Card } from "../ui/index.ts";
import { morePlaces } from "./frame.tsx";
import Settings from "./settings.tsx";

export function MorePage() {
  const { t } = useI18n();
  return (
    <div className="mx-auto grid max-w-xl gap-4">
      <Card>
        <ul className="-my-2 divide-y">
          {morePlaces.map(({ to, label, icon: Icon }) => (
            <li key={to}>
              <Link to={to} className="flex h-14 items-center gap-3 font-medium">
                <Icon className="size-5 text-muted" />
                <span className="flex-1">{t(label)}</span>
                <ChevronRight className="size-5 text-muted" />
              </Link>
            </li>
          ))}
        </ul>
      </Card>
      <Card title={t("settings.title")}>
        <Settings />
      </Card>
      <p className="text-center text-xs text-muted">
        {t("more.credits")}{" "}
        <a
          className="inline-block py-3.5 underline"
          href="https://www.tradingview.com/"
          rel="noreferrer"
          target="_blank"
        >
          TradingView Lightweight Charts™
        </a>
      </p>
    </div>
  );
}
