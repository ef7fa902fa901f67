import { ToggleGroup } from "radix-ui";
import { classes } from "./classes.ts";

type Props<T extends string> = {
  label: string;
  value: T;
  options: readonly { value: T; label: string; className?: string }[];
  onValue: (value: T) => void;
  small?: boolean;
};

/** One of a few, all in sight. */
export function Segmented<T extends string>({ label, value, options, onValue, small }: Props<T>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => next && onValue(next as T)}
      className="flex max-w-xl flex-wrap rounded-control bg-sunken p-1"
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          className={classes(
            "max-w-full flex-[1_0_auto] rounded-[0.4rem] pointer-coarse:min-h-10 pointer-coarse:min-w-10 font-medium text-muted transition-colors duration-150",
            "data-[state=on]:bg-raised data-[state=on]:text-text data-[state=on]:shadow-sm",
            small ? "px-2 py-1 text-xs" : "px-3 py-2 text-sm",
            option.className,
          )}
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
