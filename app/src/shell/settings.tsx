import { useI18n } from "../i18n/index.ts";
import { Segmented } from "../ui/index.ts";
import { usePreferences } from "./preferences.ts";

/** Language and theme. */
export default function Settings() {
  const { t } = useI18n();
  const { language, theme, setLanguage, setTheme } = usePreferences();
  return (
    <div className="grid gap-2">
      <Segmented
        small
        label={t("settings.language")}
        value={language}
        onValue={setLanguage}
        options={[
          { value: "id", label: "Indonesia" },
          { value: "en", label: "English" },
        ]}
      />
      <Segmented
        small
        label={t("settings.theme")}
        value={theme}
        onValue={setTheme}
        options={[
          { value: "light", label: t("settings.light") },
          { value: "dark", label: t("settings.dark") },
          { value: "system", label: t("settings.system") },
        ]}
      />
    </div>
  );
}
