/* Draws the figures in the reader's colours, and recolours the maps. */
(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const hasWebGL = Boolean(document.createElement("canvas").getContext("webgl"));
    const boxes = [...document.querySelectorAll(".graph")];
    const contents = new Map(boxes.map((box) => [box, JSON.parse(box.firstElementChild.textContent)]));

    /* The parts of `over` laid over `base`; lists by index. */
    function overlaid(base, over) {
        if (Array.isArray(over) || [base, over].some((one) => one === null || typeof one !== "object")) return over;
        const result = Array.isArray(base) ? [...base] : { ...base };
        for (const [key, part] of Object.entries(over)) result[key] = overlaid(base[key], part);
        return result;
    }

    function numbers({ dtype, bdata }) {
        const bytes = Uint8Array.from(atob(bdata), (letter) => letter.charCodeAt(0));
        return dtype === "u1" ? bytes : new Float32Array(bytes.buffer);
    }

    const dotColors = ({ codes, colors }) => Array.from(numbers(codes), (code) => colors[code]);

    const inert = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");

    /* What a point of a map says. */
    function hoverTexts({ ids, labels, loss }) {
        const lines = labels.map(({ title, codes, names }) => [title, numbers(codes), names]);
        const losses = loss && numbers(loss);
        return ids.map((id, row) => {
            const facts = lines.map(
                ([title, codes, names]) => `${title}: ${codes[row] ? names[codes[row] - 1] : "unknown"}`,
            );
            if (losses) facts.push(`loss: ${Number.isNaN(losses[row]) ? "unknown" : losses[row].toPrecision(3)}`);
            return [id, ...facts].map(inert).join("<br>");
        });
    }

    function draw(box, isDark = dark.matches) {
        const content = contents.get(box);
        const { data, layout } = isDark ? overlaid(content.figure, content.dark) : content.figure;
        const { paintings, hover } = data[0].meta ?? {};
        const column = box.closest(".card").querySelector(".paint select")?.value;
        if (hover) content.texts ??= hoverTexts(hover);
        const traces = paintings
            ? [
                  {
                      ...data[0],
                      meta: null,
                      type: hasWebGL ? "scattergl" : "scatter",
                      text: content.texts,
                      marker: { ...data[0].marker, color: dotColors(paintings[column]) },
                  },
              ]
            : data;
        const config = { ...content.config, plotGlPixelRatio: Math.min(4, Math.max(1, devicePixelRatio)) };
        return Plotly.react(box, structuredClone(traces), structuredClone(layout), config);
    }

    function drawAll(isDark) {
        boxes.forEach((box) => draw(box, isDark));
    }

    for (const select of document.querySelectorAll(".paint select")) {
        const card = select.closest(".card");
        const recolour = () => {
            for (const legend of card.querySelectorAll(".legend[data-column]"))
                legend.hidden = legend.dataset.column !== select.value;
            draw(card.querySelector(".graph"));
        };
        select.addEventListener("change", recolour);
        select.parentElement.hidden = false;
    }
    drawAll();
    dark.addEventListener("change", () => drawAll());
    addEventListener("beforeprint", () => drawAll(false));
    addEventListener("afterprint", () => drawAll());
})();
