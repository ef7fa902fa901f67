import { useAccount } from "../account/index.ts";
import { Card, onDemand } from "../ui/index.ts";
import { FirstMinute } from "./first-minute.tsx";
import { HomeCard } from "./home-card.tsx";
import { NEW_HOME } from "./new-home.ts";
import { SettledCard } from "./settled-card.tsx";
import { Start } from "./start.tsx";
import { TodayCard } from "./today-card.tsx";
import { WelcomeWords } from "./welcome.tsx";

const NewHomeCard = onDemand(() => import("./new-home-card.tsx"));

export function HomePage() {
  const account = useAccount();
  if (!account)
    return (
      <Card className="mx-auto max-w-xl">
        <WelcomeWords />
        <Start />
      </Card>
    );
  return (
    <div className="mx-auto grid max-w-5xl grid-cols-1 gap-3 lg:grid-cols-2">
      {account.byFingerprint && (
        <div id={NEW_HOME} className="scroll-mt-20 empty:hidden lg:col-span-2">
          <NewHomeCard account={account} />
        </div>
      )}
      <HomeCard account={account} />
      <FirstMinute account={account} />
      <TodayCard account={account} />
      <SettledCard address={account.address} />
    </div>
  );
}
