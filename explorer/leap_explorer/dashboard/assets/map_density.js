/* Counted dots as a picture: how many lie in a cell is its strength, what they are its colour. And lines of like density. */
(function () {
    "use strict";

    const FAINTEST = 0.22; // of a cell with a single dot
    const SAMPLED = 4096; // cells that tell what is many
    const LEVELS = [0.06, 0.18, 0.36, 0.6, 0.85]; // of the highest density

    /* What a dot of each code adds to its cell: its colour, or, on a scale of numbers, its place on it and 1. */
    function weightsOf(palette, isScale) {
        const weights = new Float32Array(3 * 256);
        palette.forEach(([red, green, blue], code) => {
            weights.set(isScale ? [code, code > 0 ? 1 : 0, 0] : [red, green, blue], 3 * code);
        });
        return weights;
    }

    /* The count that is shown in full strength: that of the fullest hundredth of the cells that are not empty. */
    function manyOf(cells) {
        const step = 4 * Math.max(1, Math.floor(cells.length / 4 / SAMPLED / 8));
        const counts = [];
        for (let cell = 3; cell < cells.length; cell += step) {
            if (cells[cell] > 0) {
                counts.push(cells[cell]);
            }
        }
        counts.sort((a, b) => a - b);
        return Math.max(2, counts[Math.floor(0.99 * counts.length)] || 0);
    }

    /* Cells as colours (RGBA, multiplied by alpha), their strength by the logarithm of their counts. */
    function imageOf(cells, palette, isScale, opacity) {
        const image = new Uint8Array(cells.length);
        const full = Math.log1p(manyOf(cells));
        for (let cell = 0; cell < cells.length; cell += 4) {
            const count = cells[cell + 3];
            if (count === 0) {
                continue;
            }
            const share = Math.min(1, Math.log1p(count) / full);
            const alpha = opacity * (FAINTEST + (1 - FAINTEST) * share);
            const known = cells[cell + 1];
            const color = isScale ? palette[known ? Math.round(cells[cell] / known) : 0] : null;
            for (let part = 0; part < 3; part += 1) {
                image[cell + part] = alpha * (color ? color[part] : cells[cell + part] / count);
            }
            image[cell + 3] = 255 * alpha;
        }
        return image;
    }

    /* Counts smoothed by three means of neighbours along each axis, which together are nearly a bell curve. */
    function smoothed(cells, [columns, lines], reach) {
        let values = Float32Array.from({ length: columns * lines }, (_, cell) => cells[4 * cell + 3]);
        for (let turn = 0; turn < 3; turn += 1) {
            values = blurred(values, lines, columns, columns, 1, reach);
            values = blurred(values, columns, lines, 1, columns, reach);
        }
        return values;
    }

    function blurred(values, series, length, between, step, reach) {
        const result = new Float32Array(values.length);
        for (let one = 0; one < series; one += 1) {
            const start = one * between;
            let sum = 0;
            for (let at = -reach; at < length; at += 1) {
                sum += at + reach < length ? values[start + (at + reach) * step] : 0;
                sum -= at - reach - 1 >= 0 ? values[start + (at - reach - 1) * step] : 0;
                if (at >= 0) {
                    result[start + at * step] = sum / (2 * reach + 1);
                }
            }
        }
        return result;
    }

    /* The lines of a level through a grid of values (marching squares), as an SVG path in cells. */
    function lineOf(values, [columns, lines], level) {
        const parts = [];
        const cut = (a, b) => (level - a) / (b - a);
        for (let y = 0; y < lines - 1; y += 1) {
            for (let x = 0; x < columns - 1; x += 1) {
                const at = y * columns + x;
                const corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]];
                const [a, b, c, d] = corners;
                const ends = [];
                const crosses = (one, other) => one >= level !== other >= level;
                if (crosses(a, b)) ends.push([x + cut(a, b), y]);
                if (crosses(b, c)) ends.push([x + 1, y + cut(b, c)]);
                if (crosses(d, c)) ends.push([x + cut(d, c), y + 1]);
                if (crosses(a, d)) ends.push([x, y + cut(a, d)]);
                for (let end = 0; end + 1 < ends.length; end += 2) {
                    parts.push("M" + ends[end].map(short) + "L" + ends[end + 1].map(short));
                }
            }
        }
        return parts.join("");
    }

    const short = (number) => Number((number + 0.5).toFixed(2));

    function contoursOf(cells, size) {
        const values = smoothed(cells, size, 2);
        const most = values.reduce((highest, value) => Math.max(highest, value), 0);
        return most > 0 ? LEVELS.map((share) => lineOf(values, size, share * most)) : [];
    }

    window.leapMap = Object.assign(window.leapMap || {}, { weightsOf, imageOf, contoursOf });
})();
