import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { classes } from "./classes.ts";

const control =
  "h-11 w-full min-w-0 rounded-control border bg-surface px-3 text-base outline-offset-0 aria-invalid:border-sell disabled:opacity-50";

type FrameProps = { label: string; aside?: ReactNode; problem?: string | undefined; hint?: ReactNode };

function Frame({
  id,
  label,
  aside,
  problem,
  hint,
  children,
}: FrameProps & { id: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <div className="mb-1 flex items-baseline justify-between gap-2 text-sm">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {aside && <span className="text-right text-muted">{aside}</span>}
      </div>
      {children}
      {(problem || hint) && (
        <p id={`${id}-note`} className={classes("mt-1 text-sm", problem ? "text-sell" : "text-muted")}>
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}

type TextProps = FrameProps &
  Omit<InputHTMLAttributes<HTMLInputElement>, "className" | "onChange"> & {
    unit?: string;
    onText: (text: string) => void;
  };

/** A text field with its label, unit and what is wrong with it. */
export function TextField({ label, aside, problem, hint, unit, onText, ...input }: TextProps) {
  const id = useId();
  return (
    <Frame {...{ id, label, aside, problem, hint }}>
      <div className="relative">
        <input
          id={id}
          className={classes(control, unit && "pr-20 number")}
          aria-invalid={problem !== undefined}
          aria-describedby={problem || hint ? `${id}-note` : undefined}
          autoComplete="off"
          onChange={(event) => onText(event.target.value)}
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
    </Frame>
  );
}

type TextAreaProps = FrameProps &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "className" | "onChange"> & {
    onText: (text: string) => void;
  };

/** Several lines of text, such as a signed message. */
export function TextArea({ label, aside, problem, hint, onText, ...area }: TextAreaProps) {
  const id = useId();
  return (
    <Frame {...{ id, label, aside, problem, hint }}>
      <textarea
        id={id}
        className={classes(control, "h-auto py-2 font-mono text-sm")}
        aria-invalid={problem !== undefined}
        aria-describedby={problem || hint ? `${id}-note` : undefined}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onText(event.target.value)}
        {...area}
      />
    </Frame>
  );
}

type SelectProps = FrameProps &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, "className" | "onChange"> & {
    options: readonly { value: string; label: string }[];
    onValue: (value: string) => void;
  };

export function SelectField({ label, aside, problem, hint, options, onValue, ...select }: SelectProps) {
  const id = useId();
  return (
    <Frame {...{ id, label, aside, problem, hint }}>
      <select id={id} className={control} onChange={(event) => onValue(event.target.value)} {...select}>
        {options.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </Frame>
  );
}
