/* Many places on a map as typed arrays, sorted by the cell of a grid that they lie in: a window of the map is then a few
   runs of the arrays, however many dots there are. Places are shares (0-1) of the map's width and height. */
(function () {
    "use strict";

    const SIDE = 256; // cells of the grid along each axis
    const STEPS = 65534; // places are whole numbers from 0 to here; one above: nowhere
    const NOWHERE = 65535;

    class Points {
        /* Of four numbers (least and most of x and y), then all x, then all y, as the server sends them. */
        constructor(buffer) {
            this.bounds = new Float64Array(buffer, 0, 4);
            this.n = (buffer.byteLength - 32) / 4;
            const x = new Uint16Array(buffer, 32, this.n);
            const y = new Uint16Array(buffer, 32 + 2 * this.n, this.n);
            const cell = (row) => (y[row] >> 8) * SIDE + (x[row] >> 8);
            this.starts = startsOf(x, cell);
            this.order = new Uint32Array(this.starts[SIDE * SIDE]); // by place in the sorted arrays its row
            this.places = new Uint16Array(2 * this.order.length); // x and y by turns
            const next = this.starts.slice();
            for (let row = 0; row < this.n; row += 1) {
                if (x[row] !== NOWHERE) {
                    const at = next[cell(row)]++;
                    this.order[at] = row;
                    this.places[2 * at] = x[row];
                    this.places[2 * at + 1] = y[row];
                }
            }
        }

        /* Values by row, sorted as the places are. */
        sorted(byRow) {
            return Uint8Array.from(this.order, (row) => byRow[row]);
        }

        /* Bits by row (the first is the lowest of the first byte), sorted as the places are, a byte each. */
        sortedBits(bits) {
            return Uint8Array.from(this.order, (row) => (bits[row >> 3] >> (row & 7)) & 1);
        }

        /* Where a row lies, as shares; null for one that lies nowhere. */
        placeOf(row) {
            this.at ??= invert(this.order, this.n);
            const at = this.at[row];
            return at === undefined || at < 0
                ? null
                : [this.places[2 * at] / NOWHERE, this.places[2 * at + 1] / NOWHERE];
        }

        toWorld(x, y) {
            const [left, right, bottom, top] = this.bounds;
            const across = (x * NOWHERE) / STEPS;
            const up = (y * NOWHERE) / STEPS;
            return [left + across * (right - left), bottom + up * (top - bottom)];
        }

        toShare(x, y) {
            const [left, right, bottom, top] = this.bounds;
            const share = (value, low, high) => (high > low ? (((value - low) / (high - low)) * STEPS) / NOWHERE : 0);
            return [share(x, left, right), share(y, bottom, top)];
        }

        /* The runs [from, to) of the sorted arrays that hold all dots of a window, and some just outside of it. */
        runs([left, bottom, right, top]) {
            const cellOf = (share) => Math.min(SIDE - 1, Math.max(0, Math.floor((share * NOWHERE) / SIDE)));
            const found = [];
            if (right < 0 || top < 0 || left > 1 || bottom > 1) {
                return found;
            }
            for (let line = cellOf(bottom); line <= cellOf(top); line += 1) {
                const run = [this.starts[line * SIDE + cellOf(left)], this.starts[line * SIDE + cellOf(right) + 1]];
                const last = found.at(-1);
                if (last && last[1] === run[0]) {
                    last[1] = run[1];
                } else if (run[1] > run[0]) {
                    found.push(run);
                }
            }
            return found;
        }

        /* The place in the sorted arrays of the dot next to a place, within `reach` of it; -1 without any. */
        nearest([x, y], [reachX, reachY]) {
            let [best, shortest] = [-1, 1];
            for (const [from, to] of this.runs([x - reachX, y - reachY, x + reachX, y + reachY])) {
                for (let at = from; at < to; at += 1) {
                    const across = (this.places[2 * at] / NOWHERE - x) / reachX;
                    const up = (this.places[2 * at + 1] / NOWHERE - y) / reachY;
                    const distance = across * across + up * up;
                    if (distance < shortest) {
                        [best, shortest] = [at, distance];
                    }
                }
            }
            return best;
        }

        /* Counts the dots of a window in an image of cells, the lowest line first: by cell the sums of three weights of
           the dots' codes, and how many they are. Of a mask only those that have `wanted` there. */
        count(window, [columns, lines], codes, weights, mask, wanted) {
            const [left, bottom, right, top] = window;
            const cells = new Float32Array(4 * columns * lines);
            const [scaleX, scaleY] = [columns / (right - left) / NOWHERE, lines / (top - bottom) / NOWHERE];
            const [shiftX, shiftY] = [(left * columns) / (right - left), (bottom * lines) / (top - bottom)];
            const { places } = this;
            for (const [from, to] of this.runs(window)) {
                for (let at = from; at < to; at += 1) {
                    const x = places[2 * at] * scaleX - shiftX;
                    const y = places[2 * at + 1] * scaleY - shiftY;
                    if (x < 0 || y < 0 || x >= columns || y >= lines || (mask && mask[at] !== wanted)) {
                        continue;
                    }
                    const cell = 4 * ((y | 0) * columns + (x | 0));
                    const weight = 3 * codes[at];
                    cells[cell] += weights[weight];
                    cells[cell + 1] += weights[weight + 1];
                    cells[cell + 2] += weights[weight + 2];
                    cells[cell + 3] += 1;
                }
            }
            return cells;
        }

        /* How many dots lie in a window. */
        within([left, bottom, right, top]) {
            let found = 0;
            for (const [from, to] of this.runs([left, bottom, right, top])) {
                for (let at = from; at < to; at += 1) {
                    const [x, y] = [this.places[2 * at] / NOWHERE, this.places[2 * at + 1] / NOWHERE];
                    found += x >= left && x <= right && y >= bottom && y <= top ? 1 : 0;
                }
            }
            return found;
        }
    }

    function startsOf(x, cell) {
        const starts = new Uint32Array(SIDE * SIDE + 1);
        for (let row = 0; row < x.length; row += 1) {
            if (x[row] !== NOWHERE) {
                starts[cell(row) + 1] += 1;
            }
        }
        for (let one = 0; one < SIDE * SIDE; one += 1) {
            starts[one + 1] += starts[one];
        }
        return starts;
    }

    function invert(order, n) {
        const places = new Int32Array(n).fill(-1);
        for (let at = 0; at < order.length; at += 1) {
            places[order[at]] = at;
        }
        return places;
    }

    window.leapMap = Object.assign(window.leapMap || {}, { Points });
})();
