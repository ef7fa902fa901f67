import { useI18n } from "../i18n/index.ts";

/** What the market is, for who opens it for the first time. */
export function WelcomeWords() {
  const { t } = useI18n();
  return (
    <div className="pt-4 text-center">
      <h2 className="text-xl font-semibold">{t("home.welcome")}</h2>
      <p className="mx-auto mt-2 max-w-md text-muted">{t("home.welcomeHint")}</p>
    </div>
  );
}
