import { useId } from "react";
import { classes } from "./classes.ts";

type Props<T extends string> = {
  label: string;
  value: T;
  /** `chosenLook`: how its words look while it is chosen, where that is not as other text does. */
  options: readonly { value: T; label: string; chosenLook?: string }[];
  onValue: (value: T) => void;
  small?: boolean;
};

/** One of a few, all in sight. */
export function Segmented<T extends string>({ label, value, options, onValue, small }: Props<T>) {
  const name = useId();
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className="flex max-w-xl flex-wrap rounded-control bg-sunken p-1"
    >
      {options.map((option) => (
        <label
          key={option.value}
          className={classes(
            "relative grid max-w-full flex-[1_0_auto] place-items-center rounded-[0.4rem] pointer-coarse:min-h-10 pointer-coarse:min-w-10 text-center font-medium text-muted transition-colors duration-150",
            "has-checked:bg-raised has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-accent",
            small ? "px-2 py-1 text-xs" : "px-3 py-2 text-sm",
            option.chosenLook ?? "has-checked:text-text",
          )}
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onValue(option.value)}
            className="absolute inset-0 size-full cursor-pointer opacity-0"
          />
          {option.label}
        </label>
      ))}
    </div>
  );
}
