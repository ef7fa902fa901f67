/** What the Account page holds for accounts that fingerprints open, and for their guardians. */

import { signerIdOf } from "@enerlink/protocol/account";
import { useFingerprints } from "../passkeys/kept.ts";
import { Card, Skeleton } from "../ui/index.ts";
import { readJoin, readLetIn } from "./codes.ts";
import { DevicesCard, LetInCard } from "./devices-card.tsx";
import { GuardianCard } from "./guardian-card.tsx";
import { useHome } from "./home-account.ts";
import LetIn from "./let-in.tsx";
import { LookedAfterCard } from "./looked-after-card.tsx";
import { SpareCard } from "./spare-card.tsx";
import type { Account } from "./use-account.ts";
import { useAccountSheet } from "./use-account-sheet.ts";
import { useDeviceWords } from "./words.ts";

export default function FingerprintCards({ account }: { account: Account | undefined }) {
  const asked = readLetIn(location.search);
  const join = readJoin(location.search);
  const { waiting } = useFingerprints();
  const { part } = useAccountSheet();
  // What was followed comes first: nothing that is still being read moves it then.
  const isOthers = asked !== undefined && asked.account !== account?.address;
  const lookedAfter = account && <LookedAfterCard account={account} asked={asked} />;
  const isNew = (join && join !== account?.address) || waiting;
  return (
    <>
      {/* In the sheet it would stand twice. */}
      {isNew && part !== "device" && <NewDevice account={join} />}
      {isOthers && lookedAfter}
      {account?.byFingerprint && <OwnCards account={account} asked={asked} />}
      {account && !account.byFingerprint && <SpareCard account={account} asked={asked} />}
      {!isOthers && lookedAfter}
    </>
  );
}

/** This device read the code of another one, or waits to be let in. */
function NewDevice({ account }: { account: string | undefined }) {
  const { t } = useDeviceWords();
  return (
    <Card title={t("finger.newDevice")}>
      <LetIn account={account} />
    </Card>
  );
}

function OwnCards({ account, asked }: { account: Account; asked: ReturnType<typeof readLetIn> }) {
  const home = useHome(account.address).data;
  const { waiting } = useFingerprints();
  if (home === undefined) return <Skeleton className="h-64" />;
  const lets = asked && asked.account === account.address && !waiting;
  return (
    <>
      {lets && !home?.signers.some(({ id }) => id === signerIdOf(asked.key)) && (
        <LetInCard account={account} asked={asked} />
      )}
      <DevicesCard account={account} home={home} />
      <GuardianCard account={account} home={home} />
    </>
  );
}
