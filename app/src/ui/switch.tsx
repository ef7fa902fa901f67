import { Switch as Radix } from "radix-ui";
import { useId } from "react";

/** On or off, at once. */
export function Switch({
  label,
  checked,
  onChecked,
}: {
  label: string;
  checked: boolean;
  onChecked: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="flex min-h-11 items-center justify-between gap-3">
      <label htmlFor={id}>{label}</label>
      <Radix.Root
        id={id}
        checked={checked}
        onCheckedChange={onChecked}
        className="relative h-7 w-12 shrink-0 after:absolute after:inset-x-0 after:-inset-y-2 rounded-full bg-muted p-0.5 transition-colors duration-150 data-[state=checked]:bg-accent"
      >
        <Radix.Thumb className="block size-6 rounded-full bg-surface transition-transform duration-150 data-[state=checked]:translate-x-5" />
      </Radix.Root>
    </div>
  );
}
