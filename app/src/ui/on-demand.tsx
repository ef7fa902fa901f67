/** Parts of the dApp that are fetched when they are first shown, and what is shown where they cannot be. */
import { CloudOff } from "lucide-react";
import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { untilLoaded } from "./loading.ts";

type Options = {
  /** Stands there until the part does. */
  fallback?: ReactNode;
  /** Somebody has asked for it and waits: that it cannot be fetched is said in words. */
  told?: boolean;
};
type Source<Props> = {
  load: () => Promise<{ default: ComponentType<Props> }>;
  /** Once it was fetched. */
  Part?: ComponentType<Props>;
};

/** A component that is fetched when it is first shown. Without a network it comes when the network does. */
export function onDemand<Props extends object>(
  load: Source<Props>["load"],
  { fallback = null, told = false }: Options = {},
): ComponentType<Props> {
  const source: Source<Props> = { load };
  return (props: Props) => <Fetched {...{ source, props, fallback, told }} />;
}

function Fetched<Props extends object>({
  source,
  props,
  fallback,
  told,
}: Required<Options> & { source: Source<Props>; props: Props }) {
  const [Part, setPart] = useState(() => source.Part);
  const [away, setAway] = useState(false);
  useEffect(() => {
    if (source.Part) return;
    const set = (part: ComponentType<Props>) => {
      source.Part = part;
      setPart(() => part);
    };
    untilLoaded(source.load, () => setAway(true)).then(
      (part) => set(part.default),
      () => {
        if (told) location.reload();
      },
    );
  }, [source, told]);
  if (Part) return <Part {...props} />;
  return told && away ? <NotLoaded /> : fallback;
}

function NotLoaded() {
  const { t } = useI18n();
  return (
    <p
      role="alert"
      className="fixed inset-x-2 bottom-[calc(var(--foot)+0.5rem)] z-50 flex items-start gap-2 rounded-card border bg-warning-soft p-3 text-sm text-warning shadow-card md:inset-x-auto md:right-4 md:w-96 lg:bottom-4"
    >
      <CloudOff className="mt-0.5 size-4 shrink-0" />
      {t("common.notLoaded")}
    </p>
  );
}
