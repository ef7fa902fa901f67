import { type KeyboardEvent, type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import { type Move, STILL, stretched } from "./view.ts";

const STEP = 1.6;
/** Pixels that an arrow key moves it. */
const KEY_STEP = 60;
/** A finger that trembles while it taps moves nothing, pixels. */
const TREMBLE = 4;
const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [KEY_STEP, 0],
  ArrowRight: [-KEY_STEP, 0],
  ArrowUp: [0, KEY_STEP],
  ArrowDown: [0, -KEY_STEP],
};

type Touch = { x: number; y: number };

/** How a map was moved: dragged, pinched, by wheel with Ctrl (without, the page scrolls), by its buttons and arrow keys. */
export function useMoves(box: RefObject<HTMLElement | null>) {
  const [move, setMove] = useState<Move>(STILL);
  const touches = useRef(new Map<number, Touch>());

  /** @param by how much larger around a point, pixels from the middle */
  const stretch = (by: number, x = 0, y = 0) => setMove((before) => stretched(before, by, x, y));
  const shift = (dx: number, dy: number) => setMove(({ k, x, y }) => ({ k, x: x + dx, y: y + dy }));
  const fromMiddle = (x: number, y: number): [number, number] => {
    const { left, top, width, height } = box.current!.getBoundingClientRect();
    return [x - left - width / 2, y - top - height / 2];
  };

  useEffect(() => {
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      stretch(event.deltaY < 0 ? STEP : 1 / STEP, ...fromMiddle(event.clientX, event.clientY));
    };
    const element = box.current!;
    // Only a listener that is not passive may keep the page from being zoomed.
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  });

  const down = ({ pointerId, clientX, clientY }: PointerEvent) =>
    void touches.current.set(pointerId, { x: clientX, y: clientY });
  const up = ({ pointerId }: PointerEvent) => void touches.current.delete(pointerId);
  const drag = ({ pointerId, clientX, clientY, currentTarget }: PointerEvent) => {
    const before = touches.current.get(pointerId);
    if (!before) return;
    const [dx, dy] = [clientX - before.x, clientY - before.y];
    const held = currentTarget.hasPointerCapture(pointerId);
    if (!held && Math.hypot(dx, dy) < TREMBLE) return;
    if (!held) currentTarget.setPointerCapture(pointerId);
    const other = [...touches.current].find(([id]) => id !== pointerId)?.[1];
    if (other) {
      const length = (one: Touch) => Math.hypot(one.x - other.x, one.y - other.y);
      const by = length({ x: clientX, y: clientY }) / Math.max(length(before), 1);
      stretch(by, ...fromMiddle(other.x, other.y));
    } else shift(dx, dy);
    touches.current.set(pointerId, { x: clientX, y: clientY });
  };
  const press = (event: KeyboardEvent) => {
    const by = arrows[event.key];
    if (!by) return;
    event.preventDefault();
    shift(...by);
  };
  return {
    move,
    isMoved: move !== STILL,
    zoomIn: () => stretch(STEP),
    zoomOut: () => stretch(1 / STEP),
    back: () => setMove(STILL),
    handlers: {
      onPointerDown: down,
      onPointerMove: drag,
      onPointerUp: up,
      onPointerCancel: up,
      onPointerLeave: up,
      onKeyDown: press,
    },
  };
}
