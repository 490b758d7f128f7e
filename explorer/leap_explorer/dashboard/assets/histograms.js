/* Dragging over the bars of a histogram filters by their range: from the lowest of the first to the highest of the last. */
(function () {
    "use strict";

    let first = null; // the bar at which a drag began
    let isBrushed = false;

    const barOf = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest?.("a.histogram-bar");

    /* The last condition of a bar's link: the one that it adds. */
    const conditionOf = (bar) => JSON.parse(JSON.parse(bar.dataset.change).filter).at(-1);

    function between(bar, other) {
        const bars = [...bar.parentElement.querySelectorAll("a.histogram-bar")];
        const [from, to] = [bars.indexOf(bar), bars.indexOf(other)].sort((a, b) => a - b);
        return bars.slice(from, to + 1);
    }

    function mark(bars) {
        for (const bar of document.querySelectorAll(".histogram-bar.brushed")) {
            bar.classList.remove("brushed");
        }
        for (const bar of bars) {
            bar.classList.add("brushed");
        }
    }

    /* One condition that means all of the bars: a range of numbers, or a list of categories. */
    function joined(bars) {
        const conditions = bars.map(conditionOf);
        const [column, operator] = conditions[0];
        const values = conditions.map(([, , value]) => value);
        return operator === "between" ? [column, operator, [values[0][0], values.at(-1)[1]]] : [column, "in", values];
    }

    document.addEventListener("pointerdown", (event) => {
        const bar = event.button === 0 && event.target.closest?.("[data-brush] a.histogram-bar");
        first = bar || null;
        isBrushed = false;
    });

    document.addEventListener("dragstart", (event) => {
        if (event.target.closest?.("[data-brush]")) {
            event.preventDefault(); // a link would be carried away
        }
    });

    document.addEventListener("pointermove", (event) => {
        const bar = first && barOf(event);
        if (bar && bar.parentElement === first.parentElement && bar !== first) {
            isBrushed = true;
            mark(between(first, bar));
        }
    });

    document.addEventListener("pointerup", (event) => {
        const bar = first && isBrushed && barOf(event);
        if (bar && bar.parentElement === first.parentElement) {
            const others = JSON.parse(JSON.parse(first.dataset.change).filter).slice(0, -1);
            window.explorer.apply({ filter: JSON.stringify([...others, joined(between(first, bar))]) });
        }
        mark([]);
        first = null;
    });
})();
