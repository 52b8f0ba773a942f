// Runs in the page before all else: what a view costs it, counted where the browser is asked.
(() => {
  const bench = { uploaded: 0, painted: undefined, sent: undefined, arrived: undefined, frames: [] };
  globalThis.viewsBench = bench;

  const sizeOf = (data) => (typeof data === "number" ? data : (data?.byteLength ?? 0));
  for (const kind of ["WebGLRenderingContext", "WebGL2RenderingContext"]) {
    const prototype = globalThis[kind]?.prototype;
    if (!prototype) continue;
    for (const name of ["bufferData", "bufferSubData", "texImage2D", "texSubImage2D"]) {
      const upload = prototype[name];
      prototype[name] = function (...args) {
        const data = name === "bufferData" ? args[1] : name === "bufferSubData" ? args[2] : args.at(-1);
        bench.uploaded += sizeOf(data);
        return upload.apply(this, args);
      };
    }
  }
  const { putImageData } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.putImageData = function (...args) {
    bench.uploaded += args[0].data.byteLength;
    return putImageData.apply(this, args);
  };

  bench.pretendCard = () => {
    const { getExtension } = WebGL2RenderingContext.prototype;
    WebGL2RenderingContext.prototype.getExtension = function (name) {
      return name === "WEBGL_debug_renderer_info" ? null : getExtension.call(this, name);
    };
  };

  const small = document.createElement("canvas");
  small.width = small.height = 48;
  const pixels = () => small.getContext("2d", { willReadFrequently: true });
  /** The canvas in small, as bytes. */
  const shrunk = (canvas) => {
    pixels().clearRect(0, 0, 48, 48);
    pixels().drawImage(canvas, 0, 0, 48, 48);
    return pixels().getImageData(0, 0, 48, 48).data;
  };
  /** Whether there are colours on it. */
  const colored = (canvas) => {
    if (canvas.width < 200) return false;
    const data = shrunk(canvas);
    let count = 0;
    for (let p = 0; p < data.length; p += 4) {
      const channels = [data[p], data[p + 1], data[p + 2]];
      if (data[p + 3] > 20 && Math.max(...channels) - Math.min(...channels) > 25) count++;
    }
    return count > 15;
  };
  /** The one with the points: others hold axes. */
  let plot;
  bench.canvas = () => plot;
  const find = () =>
    [...(document.querySelectorAll(".jp-CodeCell")[1]?.querySelectorAll(".jp-OutputArea canvas") ?? [])].find(
      colored,
    );

  const panel = () => [...globalThis.jupyterapp.shell.widgets("main")][0];
  bench.idle = () =>
    panel()?.sessionContext?.session?.kernel?.status === "idle" &&
    ![...document.querySelectorAll(".jp-InputArea-prompt")].some((prompt) =>
      prompt.textContent.includes("*"),
    );

  /** Notes when the next cell is sent, when its output arrives, and when colours are on a canvas. */
  bench.watch = () => {
    const look = () => {
      plot = find();
      if (plot) bench.painted = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    panel().sessionContext.session.kernel.anyMessage.connect((_, { msg, direction }) => {
      const type = msg.header.msg_type;
      if (direction === "send" && type === "execute_request") bench.sent ??= performance.now();
      if (direction === "recv" && ["execute_result", "display_data"].includes(type))
        bench.arrived ??= performance.now();
    });
  };

  bench.startFrames = () => {
    const frames = [];
    let last;
    bench.frames = frames;
    const frame = (time) => {
      if (bench.frames !== frames) return;
      if (last !== undefined) frames.push(time - last);
      last = time;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  };
  bench.endFrames = () => {
    const { frames } = bench;
    bench.frames = [];
    return frames;
  };

  /** Milliseconds from a click to the first frame in which the canvas shows something else. */
  bench.click = async (element) => {
    const before = shrunk(bench.canvas()).join();
    const started = performance.now();
    element.click();
    while (performance.now() - started < 30_000) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (shrunk(bench.canvas()).join() !== before) break;
    }
    return performance.now() - started;
  };
})();
