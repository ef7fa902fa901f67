import { type ComponentPropsWithRef, type ReactNode, useId } from "react";
import { classes } from "./classes.ts";

const control =
  "h-11 w-full min-w-0 rounded-control border bg-surface px-3 text-base outline-offset-0 aria-invalid:border-sell disabled:opacity-50";

type FrameProps = { label: string; aside?: ReactNode; problem?: string | undefined; hint?: ReactNode };

/** A control with its label, what is wrong with it, and what helps to fill it in. */
function Frame({
  label,
  aside,
  problem,
  hint,
  control,
}: FrameProps & {
  control: (props: { id: string; "aria-invalid": boolean; "aria-describedby": string }) => ReactNode;
}) {
  const id = useId();
  const note = `${id}-note`;
  return (
    <div className="min-w-0">
      <div className="mb-1 flex items-baseline justify-between gap-2 text-sm">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {aside && <span className="text-right text-muted">{aside}</span>}
      </div>
      {control({ id, "aria-invalid": problem !== undefined, "aria-describedby": note })}
      <div id={note} aria-live="polite" className="text-sm">
        {problem && <p className="mt-1 text-sell">{problem}</p>}
        {hint && <p className="mt-1 text-muted">{hint}</p>}
      </div>
    </div>
  );
}

type TextProps = FrameProps & Omit<ComponentPropsWithRef<"input">, "className"> & { unit?: string };

export function TextField({ label, aside, problem, hint, unit, ...input }: TextProps) {
  return (
    <Frame
      {...{ label, aside, problem, hint }}
      control={(props) => (
        <div className="relative">
          <input
            className={classes(control, unit && "pr-20 number")}
            autoComplete="off"
            {...props}
            {...input}
          />
          {unit && (
            <span
              aria-hidden
              className="pointer-events-none absolute inset-y-0 right-3 flex items-center text-sm text-muted"
            >
              {unit}
            </span>
          )}
        </div>
      )}
    />
  );
}

type TextAreaProps = FrameProps & Omit<ComponentPropsWithRef<"textarea">, "className">;

/** Several lines of text, such as a signed message. */
export function TextArea({ label, aside, problem, hint, ...area }: TextAreaProps) {
  return (
    <Frame
      {...{ label, aside, problem, hint }}
      control={(props) => (
        <textarea
          className={classes(control, "h-auto py-2 font-mono text-sm")}
          autoComplete="off"
          spellCheck={false}
          {...props}
          {...area}
        />
      )}
    />
  );
}

type SelectProps = FrameProps &
  Omit<ComponentPropsWithRef<"select">, "className"> & {
    options: readonly { value: string; label: string }[];
  };

export function SelectField({ label, aside, problem, hint, options, ...select }: SelectProps) {
  return (
    <Frame
      {...{ label, aside, problem, hint }}
      control={(props) => (
        <select className={control} {...props} {...select}>
          {options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    />
  );
}

/** A value that a tap puts into the field: stands in its `aside`. */
export function Suggested({ onTake, children }: { onTake: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      className="font-medium text-accent underline-offset-2 hover:underline pointer-coarse:min-h-10"
      onClick={onTake}
    >
      {children}
    </button>
  );
}
