/** What the Account page holds for accounts that fingerprints open, and for their guardians. */

import { signerIdOf } from "@enerlink/protocol/account";
import { useI18n } from "../i18n/index.ts";
import { useFingerprints } from "../passkeys/kept.ts";
import { Card, Skeleton } from "../ui/index.ts";
import { readJoin, readLetIn } from "./codes.ts";
import { DevicesCard, LetInCard } from "./devices-card.tsx";
import { GuardianCard } from "./guardian-card.tsx";
import { useHome } from "./home-account.ts";
import { LetIn } from "./let-in.tsx";
import { LookedAfterCard } from "./looked-after-card.tsx";
import RecoveryNotice from "./recovery-notice.tsx";
import type { Account } from "./use-account.ts";

export default function FingerprintCards({ account }: { account: Account | undefined }) {
  const asked = readLetIn(location.search);
  const join = readJoin(location.search);
  return (
    <>
      {join && join !== account?.address && <NewDevice account={join} />}
      {account?.byFingerprint && <OwnCards account={account} asked={asked} />}
      {account && <LookedAfterCard account={account} asked={asked} />}
    </>
  );
}

/** This device read the code of another one. */
function NewDevice({ account }: { account: string }) {
  const { t } = useI18n();
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
      <RecoveryNotice account={account} />
      {lets && !home?.signers.some(({ id }) => id === signerIdOf(asked.key)) && (
        <LetInCard account={account} asked={asked} />
      )}
      <DevicesCard account={account} home={home} />
      <GuardianCard account={account} home={home} />
    </>
  );
}
