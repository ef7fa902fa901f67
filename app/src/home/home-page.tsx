import { ConnectFirst, useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Card } from "../ui/index.ts";
import { FirstMinute } from "./first-minute.tsx";
import { HomeCard } from "./home-card.tsx";
import { SettledCard } from "./settled-card.tsx";
import { TodayCard } from "./today-card.tsx";
import { WelcomeWords } from "./welcome.tsx";

export function HomePage() {
  const { t } = useI18n();
  const account = useAccount();
  if (!account)
    return (
      <Card className="mx-auto max-w-xl">
        <WelcomeWords />
        <ConnectFirst why={t("home.connect")} />
      </Card>
    );
  return (
    <div className="mx-auto grid max-w-5xl gap-3 lg:grid-cols-2">
      <HomeCard account={account} />
      <FirstMinute account={account} />
      <TodayCard account={account} />
      <SettledCard address={account.address} />
    </div>
  );
}
