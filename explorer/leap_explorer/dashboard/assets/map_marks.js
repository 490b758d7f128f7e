/* What stands over the map's dots: names of clusters, lines of density, drawn areas, a ring around the opened sample. */
(function () {
    "use strict";

    const SVG = "http://www.w3.org/2000/svg";
    const GAP = 6; // pixels between two names

    function element(name, attributes, parent) {
        const made = document.createElementNS(SVG, name);
        for (const [key, value] of Object.entries(attributes)) {
            made.setAttribute(key, value);
        }
        parent.append(made);
        return made;
    }

    class Marks {
        constructor(parent) {
            this.svg = element("svg", { class: "map-marks", "aria-hidden": "true" }, parent);
            this.contours = element("g", { class: "map-contours" }, this.svg);
            this.outline = element("path", { class: "map-outline" }, this.svg);
            this.ring = element("circle", { class: "map-ring unplaced", r: 10 }, this.svg);
            this.names = element("g", { class: "map-names" }, this.svg);
            this.drawing = element("path", { class: "map-drawing" }, this.svg);
            this.texts = [];
        }

        /* Names and where they belong, as shares, those of the most samples first. */
        giveNames(names) {
            this.names.replaceChildren();
            this.texts = names.map(({ name, place }) => {
                const text = element("text", { "text-anchor": "middle" }, this.names);
                text.textContent = name;
                return { text, place, width: text.getComputedTextLength() };
            });
        }

        /* Lines counted on an image of a window, which stay where they are on the map. */
        giveContours(lines, window, [columns, rows]) {
            this.contours.replaceChildren();
            this.counted = { window, columns, rows };
            for (const line of lines) {
                element("path", { d: line, "vector-effect": "non-scaling-stroke" }, this.contours);
            }
        }

        /* Put everything where it is in a view; `pixels` turns shares into pixels. */
        place(pixels, [width, height], { outline, opened }) {
            this.outline.setAttribute("d", outline.length ? pathOf(outline.map(pixels)) + "Z" : "");
            const ring = opened && pixels(opened);
            this.ring.classList.toggle("unplaced", !ring);
            if (ring) {
                this.ring.setAttribute("cx", ring[0]);
                this.ring.setAttribute("cy", ring[1]);
            }
            this.placeNames(pixels, [width, height]);
            this.placeContours(pixels);
        }

        /* The names that lie in view and over none that came before: zooming in makes room for more. */
        placeNames(pixels, [width, height]) {
            const taken = [];
            for (const { text, place, width: wide } of this.texts) {
                const [x, y] = pixels(place);
                const middle = Math.min(Math.max(x, wide / 2 + GAP), width - wide / 2 - GAP);
                const box = [middle - wide / 2 - GAP, y - 8 - GAP, middle + wide / 2 + GAP, y + 8 + GAP];
                const isInView = x >= 0 && x <= width && y >= 10 && y <= height - 10;
                const isFree = taken.every((other) => areApart(box, other));
                text.classList.toggle("unplaced", !isInView || !isFree);
                if (isInView && isFree) {
                    taken.push(box);
                    text.setAttribute("x", middle);
                    text.setAttribute("y", y + 4);
                }
            }
        }

        placeContours(pixels) {
            if (!this.counted) {
                return;
            }
            const { window, columns, rows } = this.counted;
            const [left, bottom] = pixels([window[0], window[1]]);
            const [right, top] = pixels([window[2], window[3]]);
            const scale = [(right - left) / columns, (top - bottom) / rows];
            this.contours.setAttribute("transform", `translate(${left} ${bottom}) scale(${scale[0]} ${scale[1]})`);
        }

        /* The area that is being drawn, in pixels. */
        draw(corners) {
            this.drawing.setAttribute("d", corners.length ? pathOf(corners) + "Z" : "");
        }
    }

    const pathOf = (corners) => "M" + corners.map(([x, y]) => x.toFixed(1) + "," + y.toFixed(1)).join("L");

    const areApart = (one, other) =>
        one[2] <= other[0] || other[2] <= one[0] || one[3] <= other[1] || other[3] <= one[1];

    window.leapMap = Object.assign(window.leapMap || {}, { Marks });
})();
