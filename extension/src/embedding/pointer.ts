import { type Camera, WHOLE } from "./camera.js";

/** What the pointer does on a plot. */
export interface PointerActions {
  camera(): Camera;
  move(camera: Camera): void;
  /** The pointer is here, in the embedding's units, of which a pixel has so many; null when it has left. */
  point(at: { x: number; y: number; pixel: number } | null): void;
}

const MOST_ZOOM = 200;

/** Wheel zooms at the pointer, drag moves, a double click shows all. */
export function onPointer(canvas: HTMLCanvasElement, { camera, move, point }: PointerActions): void {
  const place = (event: MouseEvent, seen = camera()) => {
    const frame = canvas.getBoundingClientRect();
    const pixel = 2 / (frame.width * seen.zoom);
    const across = event.clientX - frame.left - frame.width / 2;
    const down = event.clientY - frame.top - frame.height / 2;
    return { x: seen.x + across * pixel, y: seen.y - down * pixel, pixel };
  };
  let held: { x: number; y: number } | null = null;
  canvas.addEventListener("pointerdown", (event) => {
    held = place(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", () => {
    held = null;
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (!held) point(at);
    else move({ ...camera(), x: camera().x + held.x - at.x, y: camera().y + held.y - at.y });
  });
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("dblclick", () => move(WHOLE));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const zoom = Math.max(0.5, Math.min(MOST_ZOOM, camera().zoom * 2 ** (-event.deltaY / 200)));
    const [before, after] = [place(event), place(event, { ...camera(), zoom })];
    move({ x: camera().x + before.x - after.x, y: camera().y + before.y - after.y, zoom });
  });
}
