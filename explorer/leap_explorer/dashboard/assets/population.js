/* The map: the drawn area becomes a polygon in the page's address; a dot that is pointed at, or walked to with the
   arrow keys, tells what it is. */
(function () {
    "use strict";

    const MOST_CORNERS = 60; // an address stays readable, and an eye sees no difference

    /* So many of the corners, evenly drawn, that their address stays readable. */
    function thinned(corners) {
        const step = Math.max(1, Math.ceil(corners.length / MOST_CORNERS));
        return corners.filter((_, index) => index % step === 0);
    }

    /* The dot that is spoken of: its row, and whether the keys walked to it. */
    let pointed = null;

    const GAP = 16; // pixels between a dot and what is said of it
    const ZOOMS = { "+": "in", "=": "in", "-": "out", Home: "home", 0: "home" };
    const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

    function map() {
        const element = document.getElementById("population-map");
        return element?.populationMap?.points ? element.populationMap : null;
    }

    /* The dot to which a step leads: the nearest within 45 degrees of the direction, of those that are not dimmed. */
    function nextDot(from, [across, down]) {
        let [best, shortest] = [null, Infinity];
        for (const [row, left, top] of map().shown()) {
            const [dx, dy] = [left - from[0], top - from[1]];
            const ahead = dx * across + dy * down;
            const aside = Math.abs(dx * down) + Math.abs(dy * across);
            if (ahead > 1 && aside <= ahead && Math.hypot(dx, dy) < shortest) {
                [best, shortest] = [row, Math.hypot(dx, dy)];
            }
        }
        return best;
    }

    function nearestTo(from) {
        let [best, shortest] = [null, Infinity];
        for (const [row, left, top] of map().shown()) {
            const distance = Math.hypot(left - from[0], top - from[1]);
            if (distance < shortest) {
                [best, shortest] = [row, distance];
            }
        }
        return best;
    }

    function walk(direction) {
        const frame = document.getElementById("population-frame");
        const from = pointed?.is_walked ? map().placeOf(pointed.row) : null;
        const row = from ? nextDot(from, direction) : nearestTo([frame.clientWidth / 2, frame.clientHeight / 2]);
        if (row === null) {
            return;
        }
        pointed = { row, is_walked: true };
        const cursor = document.getElementById("population-cursor");
        [cursor.style.left, cursor.style.top] = map()
            .placeOf(row)
            .map((number) => number + "px");
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
        const place = pointed && frame && map()?.placeOf(pointed.row);
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
        if (event.target.id !== "population-frame" || !map() || event.ctrlKey || event.metaKey) {
            return;
        }
        if (DIRECTIONS[event.key]) {
            event.preventDefault();
            walk(DIRECTIONS[event.key]);
        } else if (ZOOMS[event.key]) {
            event.preventDefault();
            hide();
            window.leapMap.zoom(map(), ZOOMS[event.key]);
        } else if (event.key === "Enter" && pointed) {
            window.dash_clientside.set_props("population-clicked", { data: pointed.row });
        } else if (event.key === "Escape") {
            hide();
        }
    });

    document.addEventListener("click", (event) => {
        const button = event.target.closest?.("#population-frame [data-zoom]");
        if (button) {
            window.leapMap.zoom(map(), button.dataset.zoom);
        }
    });

    document.addEventListener("map-hover", ({ detail: row }) => {
        if (row !== null) {
            hide();
            pointed = { row, is_walked: false };
            window.dash_clientside.set_props("population-pointed", { data: pointed });
        } else if (pointed && !pointed.is_walked) {
            hide();
        }
    });

    document.addEventListener("map-click", ({ detail: row }) => {
        window.dash_clientside.set_props("population-clicked", { data: row });
    });

    document.addEventListener("map-select", ({ detail: corners }) => {
        const short = (number) => String(Number(number.toPrecision(5)));
        const points = thinned(corners || []).map(([x, y]) => short(x) + "," + short(y));
        const projection = window.explorer.params.map || "map";
        window.explorer.apply({ selection: points.length ? projection + ":" + points.join(";") : null });
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

    const noUpdate = () => window.dash_clientside.no_update;

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        population: {
            draw: function (scene, chosen) {
                const { params } = window.explorer;
                const settings = {
                    drag: params["population.drag"] || "lasso",
                    layers: params["population.layers"] || "names",
                };
                const element = document.getElementById("population-map");
                if (element?.dataset.of === scene.of) {
                    window.leapMap.at(element).show(scene, chosen, settings);
                }
                return noUpdate();
            },

            tell: placeTooltip,
        },
    });
})();
