/* The map: the drawn area becomes a polygon in the page's address; a dot that is pointed at, or walked to with the
   arrow keys, tells what it is; a row of the table opens its sample. */
(function () {
    "use strict";

    const MOST_CORNERS = 60; // an address stays readable, and an eye sees no difference

    function polygonOf(selected) {
        if (selected?.lassoPoints) {
            const { x, y } = selected.lassoPoints;
            const step = Math.max(1, Math.ceil(x.length / MOST_CORNERS));
            return x.map((value, index) => [value, y[index]]).filter((_, index) => index % step === 0);
        }
        if (selected?.range) {
            const { x, y } = selected.range;
            return [
                [x[0], y[0]],
                [x[1], y[0]],
                [x[1], y[1]],
                [x[0], y[1]],
            ];
        }
        return [];
    }

    /* The dot that is spoken of: its row, and whether the keys walked to it. */
    let pointed = null;

    const GAP = 16; // pixels between a dot and what is said of it
    const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

    function plot() {
        return document.querySelector("#population-map .js-plotly-plot");
    }

    /* Where a row's dot is in the frame, in pixels; null for one that has no place. */
    function placeOf(row) {
        const { xaxis, yaxis } = plot()._fullLayout;
        const { x, y } = plot().data[0];
        if (x[row] === null || x[row] === undefined) {
            return null;
        }
        return [xaxis._offset + xaxis.d2p(x[row]), yaxis._offset + yaxis.d2p(y[row])];
    }

    function isInView([left, top]) {
        const { xaxis, yaxis } = plot()._fullLayout;
        const isAcross = left >= xaxis._offset && left <= xaxis._offset + xaxis._length;
        return isAcross && top >= yaxis._offset && top <= yaxis._offset + yaxis._length;
    }

    /* The dot to which a step leads: the nearest within 45 degrees of the direction, of those that are not dimmed. */
    function nextDot(from, [across, down]) {
        const rows = plot().data[0].selectedpoints || plot().data[0].x.keys();
        let [best, shortest] = [null, Infinity];
        for (const row of rows) {
            const place = placeOf(row);
            if (!place || !isInView(place)) {
                continue;
            }
            const [dx, dy] = [place[0] - from[0], place[1] - from[1]];
            const ahead = dx * across + dy * down;
            const aside = Math.abs(dx * down) + Math.abs(dy * across);
            if (ahead > 1 && aside <= ahead && Math.hypot(dx, dy) < shortest) {
                [best, shortest] = [row, Math.hypot(dx, dy)];
            }
        }
        return best;
    }

    function nearestTo(from) {
        const rows = [...(plot().data[0].selectedpoints || plot().data[0].x.keys())];
        const distance = (row) => {
            const place = placeOf(row);
            return place && isInView(place) ? Math.hypot(place[0] - from[0], place[1] - from[1]) : Infinity;
        };
        return rows.reduce((best, row) => (distance(row) < distance(best) ? row : best), rows[0] ?? null);
    }

    function walk(direction) {
        const frame = document.getElementById("population-frame");
        const from = pointed?.is_walked ? placeOf(pointed.row) : null;
        const row = from ? nextDot(from, direction) : nearestTo([frame.clientWidth / 2, frame.clientHeight / 2]);
        if (row === null) {
            return;
        }
        pointed = { row, is_walked: true };
        const cursor = document.getElementById("population-cursor");
        [cursor.style.left, cursor.style.top] = placeOf(row).map((number) => number + "px");
        cursor.hidden = false;
        window.dash_clientside.set_props("population-pointed", { data: pointed });
    }

    function hide() {
        pointed = null;
        for (const id of ["population-tooltip", "population-cursor"]) {
            const part = document.getElementById(id);
            if (part) {
                part.hidden = true;
            }
        }
    }

    /* Beside the dot, at the side that has room; under or over it in a narrow window; never under the bars. */
    function placeTooltip() {
        const tooltip = document.getElementById("population-tooltip");
        const frame = document.getElementById("population-frame");
        const place = pointed && frame && placeOf(pointed.row);
        if (!place || !tooltip) {
            return;
        }
        tooltip.hidden = false;
        const box = frame.getBoundingClientRect();
        const [x, y] = [box.left + place[0], box.top + place[1]];
        const [width, height] = [tooltip.offsetWidth, tooltip.offsetHeight];
        const [right, bottom] = [document.documentElement.clientWidth - 8, window.innerHeight - 8];
        const bar = document.querySelector(".filter-bar").getBoundingClientRect().bottom;
        const top = Math.max(8, bar + 8);
        const beside = [x + GAP, x - GAP - width].find((left) => left >= 8 && left + width <= right);
        const over = [y + GAP, y - GAP - height].find((start) => start >= top && start + height <= bottom);
        const wanted = [beside ?? x - width / 2, beside === undefined ? (over ?? y + GAP) : y - height / 2];
        tooltip.style.left = Math.max(8, Math.min(wanted[0], right - width)) + "px";
        tooltip.style.top = Math.max(top, Math.min(wanted[1], bottom - height)) + "px";
    }

    document.addEventListener("keydown", (event) => {
        if (event.target.id !== "population-frame") {
            return;
        }
        if (DIRECTIONS[event.key]) {
            event.preventDefault();
            walk(DIRECTIONS[event.key]);
        } else if (event.key === "Enter" && pointed) {
            const points = [{ curveNumber: 0, pointNumber: pointed.row }];
            window.dash_clientside.set_props("population-map", { clickData: { points } });
        } else if (event.key === "Escape") {
            hide();
        }
    });

    for (const kind of ["focusout", "pointerdown", "wheel"]) {
        document.addEventListener(
            kind,
            (event) => {
                if (event.target.closest?.("#population-frame")) {
                    hide();
                }
            },
            { passive: true },
        );
    }

    window.addEventListener("scroll", placeTooltip, { passive: true });

    function open(key) {
        window.explorer.apply({ view: "sample", sample: key });
    }

    const noUpdate = () => window.dash_clientside.no_update;

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        population: {
            point: function (hovered) {
                const point = hovered?.points?.[0];
                if (point?.curveNumber === 0) {
                    hide();
                    pointed = { row: point.pointNumber, is_walked: false };
                    return pointed;
                }
                if (pointed && !pointed.is_walked) {
                    hide();
                }
                return noUpdate();
            },

            show: placeTooltip,

            select: function (selected) {
                if (selected === undefined) {
                    return noUpdate();
                }
                const corners = polygonOf(selected);
                if (selected !== null && corners.length < 3) {
                    return noUpdate();
                }
                const short = (number) => String(Number(number.toPrecision(5)));
                const points = corners.map(([x, y]) => short(x) + "," + short(y)).join(";");
                window.explorer.apply({
                    selection: points ? (window.explorer.params.map || "map") + ":" + points : null,
                });
                return noUpdate();
            },

            open: function (cell) {
                if (cell?.rowId) {
                    open(cell.rowId);
                }
                return noUpdate();
            },

            refresh: function () {
                window.dash_ag_grid.getApiAsync("population-table").then((grid) => grid.purgeInfiniteCache());
                return noUpdate();
            },
        },
    });

    window.dashAgGridFunctions = Object.assign({}, window.dashAgGridFunctions, {
        openWithKey: function (params) {
            if (params.event.key === "Enter" && params.node?.id) {
                open(params.node.id);
            }
        },
    });
})();
