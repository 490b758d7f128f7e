/* Pointer and keys on a map: zoom by wheel, drag to move or to draw an area, point at dots, click them. */
(function () {
    "use strict";

    const CLICK = 4; // pixels that a pointer may move in a click
    const PAUSE = 60; // milliseconds for which a dot is pointed at before it is asked what it is
    const WHEEL = 0.0018; // zoom by a wheel's pixel
    const STEP = 1.5; // zoom of a button or a key

    function listen(map) {
        const { element } = map;
        let drag = null;
        let asked = 0;
        let hovered = null;

        const pixel = (event) => {
            const box = element.getBoundingClientRect();
            return [event.clientX - box.left, event.clientY - box.top];
        };
        const emit = (name, detail) => element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));

        /* What a drag does: Shift has it move where it else draws, and draw where it else moves. */
        function kindOf(event) {
            const isMove = map.settings.drag === "pan";
            if (event.shiftKey || event.button === 1) {
                return isMove ? "lasso" : "pan";
            }
            return map.settings.drag;
        }

        function hover(row) {
            window.clearTimeout(asked);
            if (row === hovered) {
                return;
            }
            hovered = row;
            element.classList.toggle("on-dot", row !== null);
            if (row === null) {
                emit("map-hover", null);
            } else {
                asked = window.setTimeout(() => emit("map-hover", row), PAUSE);
            }
        }

        function cornersOf({ kind, path }) {
            if (kind !== "select") {
                return path;
            }
            const [[x0, y0], [x1, y1]] = [path[0], path.at(-1)];
            return [
                [x0, y0],
                [x1, y0],
                [x1, y1],
                [x0, y1],
            ];
        }

        element.addEventListener("pointerdown", (event) => {
            if (!map.points || event.button > 1 || event.target.closest("button")) {
                return;
            }
            element.setPointerCapture(event.pointerId);
            drag = { kind: kindOf(event), path: [pixel(event)], isFar: false };
        });

        element.addEventListener("pointermove", (event) => {
            if (!map.points) {
                return;
            }
            const place = pixel(event);
            if (!drag) {
                hover(map.rowAt(place));
                return;
            }
            const last = drag.path.at(-1);
            drag.isFar ||= Math.hypot(place[0] - drag.path[0][0], place[1] - drag.path[0][1]) > CLICK;
            drag.path.push(place);
            if (drag.isFar) {
                hover(null);
            }
            if (drag.kind === "pan") {
                map.view.move([place[0] - last[0], place[1] - last[1]]);
                map.moved();
            } else {
                map.marks.draw(cornersOf(drag));
            }
        });

        element.addEventListener("pointerup", () => {
            const done = drag;
            drag = null;
            map.marks.draw([]);
            if (!done) {
                return;
            }
            if (!done.isFar) {
                const row = map.rowAt(done.path[0]);
                if (row !== null) {
                    emit("map-click", row);
                }
            } else if (done.kind !== "pan" && done.path.length > 2) {
                const corners = cornersOf(done).map((place) => map.points.toWorld(...map.view.shares(place)));
                emit("map-select", corners);
            }
        });

        element.addEventListener("pointercancel", () => {
            drag = null;
            map.marks.draw([]);
        });

        element.addEventListener("pointerleave", () => hover(null));

        element.addEventListener("dblclick", (event) => {
            if (map.points && !event.target.closest("button")) {
                emit("map-select", null);
            }
        });

        element.addEventListener(
            "wheel",
            (event) => {
                if (map.points) {
                    event.preventDefault();
                    const delta = event.deltaMode === 1 ? 16 * event.deltaY : event.deltaY;
                    map.view.zoomAt(pixel(event), Math.exp(-delta * WHEEL));
                    map.moved();
                }
            },
            { passive: false },
        );
    }

    /* `in`, `out` or `home`, by a button or a key. */
    function zoom(map, how) {
        if (!map?.points) {
            return;
        }
        if (how === "home") {
            map.view.home();
        } else {
            map.view.zoomAt(map.view.center, how === "in" ? STEP : 1 / STEP);
        }
        map.moved();
    }

    window.leapMap = Object.assign(window.leapMap || {}, { listen, zoom });
})();
