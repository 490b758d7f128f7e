/* The map of all samples: dots up to 250,000 in view, beyond that their density, counted anew for each window, and the
   selected or the worst as dots. What a pointer does on it becomes a hovered row, a clicked row, or a drawn area. */
(function () {
    "use strict";

    const MOST_DOTS = 250000;
    const DIMMED = 0.15; // of what is not selected
    const DIMMED_DENSITY = 0.4;
    const CELL = 2; // pixels of a density's cell
    const CONTOUR_CELL = 5;
    const MARGIN = { top: 48, side: 16, bottom: 32 }; // pixels around all dots when nothing is zoomed: tools, words
    const MOST_STRETCHED = 2; // of one axis against the other, so that the map fills its card
    const CLOSEST = 100; // times nearer than the whole map; places are kept to a 65,535th of it
    const REACH = 12; // pixels within which a dot is pointed at
    const REST = 90; // milliseconds after which what moves is counted anew
    const MOST_KEPT = 24; // arrays of columns that stay in memory

    const kept = new Map(); // by address the answer of the server

    function fetched(address) {
        if (!kept.has(address)) {
            const answer = fetch(address).then((response) => {
                if (!response.ok) {
                    throw new Error(`${response.status} ${response.statusText}`);
                }
                return response.arrayBuffer();
            });
            answer.catch(() => kept.delete(address));
            kept.set(address, answer);
            if (kept.size > MOST_KEPT) {
                kept.delete(kept.keys().next().value);
            }
        }
        return kept.get(address);
    }

    const pointsOf = {}; // by address, so that a change of theme or view sorts nothing anew

    async function pointsAt(address) {
        pointsOf[address] ??= new window.leapMap.Points(await fetched(address));
        return pointsOf[address];
    }

    class View {
        constructor() {
            this.middle = [0.5, 0.5];
            this.size = [1, 1]; // pixels that the whole map's sides measure
            this.zoom = 1;
        }

        /* Fit the whole map into so many pixels; `aspect` is its own width by height. */
        fit([width, height], aspect) {
            this.frame = [width, height];
            this.center = [width / 2, (height + MARGIN.top - MARGIN.bottom) / 2];
            let wide = Math.max(1, width - 2 * MARGIN.side);
            let high = Math.max(1, height - MARGIN.top - MARGIN.bottom);
            const stretched = wide / high / aspect;
            wide /= Math.max(1, stretched / MOST_STRETCHED);
            high *= Math.min(1, stretched * MOST_STRETCHED);
            this.whole = [wide, high];
            this.size = this.whole.map((side) => side * this.zoom);
        }

        home() {
            this.middle = [0.5, 0.5];
            this.zoomTo(1);
        }

        zoomTo(zoom) {
            this.zoom = Math.min(CLOSEST, Math.max(0.8, zoom));
            this.size = this.whole.map((side) => side * this.zoom);
        }

        /* Zoom so that what lies at a pixel stays there. */
        zoomAt(pixel, factor) {
            const before = this.shares(pixel);
            this.zoomTo(this.zoom * factor);
            const after = this.shares(pixel);
            this.middle = this.middle.map((value, axis) => value + before[axis] - after[axis]);
            this.keepInView();
        }

        move([across, down]) {
            this.middle = [this.middle[0] - across / this.size[0], this.middle[1] + down / this.size[1]];
            this.keepInView();
        }

        keepInView() {
            this.middle = this.middle.map((value) => Math.min(1, Math.max(0, value)));
        }

        get isHome() {
            return this.zoom === 1 && this.middle.every((value) => value === 0.5);
        }

        pixels([x, y]) {
            return [
                this.center[0] + (x - this.middle[0]) * this.size[0],
                this.center[1] - (y - this.middle[1]) * this.size[1],
            ];
        }

        shares([left, top]) {
            return [
                this.middle[0] + (left - this.center[0]) / this.size[0],
                this.middle[1] - (top - this.center[1]) / this.size[1],
            ];
        }

        /* Left, bottom, right, top. */
        get window() {
            const [left, top] = this.shares([0, 0]);
            const [right, bottom] = this.shares(this.frame);
            return [left, bottom, right, top];
        }
    }

    class PopulationMap {
        constructor(element) {
            this.element = element;
            this.canvas = element.appendChild(document.createElement("canvas"));
            this.painter = window.leapMap.Painter.on(this.canvas);
            this.marks = new window.leapMap.Marks(element);
            this.note = element.appendChild(document.createElement("p"));
            this.note.className = "map-drawn";
            this.view = new View();
            this.chosen = { bits: null, outline: [] };
            this.drawn = 0; // frames so far
            this.mostDots = MOST_DOTS;
            if (!this.painter) {
                this.say(
                    "This browser has no WebGL 2, which draws the map. Search, filters and table work without it.",
                );
                return;
            }
            this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
            this.canvas.addEventListener("webglcontextrestored", () => {
                this.painter = window.leapMap.Painter.on(this.canvas);
                this.given = {};
                this.show(this.scene, this.chosen, this.settings);
            });
            new ResizeObserver(() => this.resize()).observe(element);
            window.leapMap.listen(this);
        }

        say(words) {
            this.note.textContent = words;
            this.note.classList.add("alone");
        }

        /* Show a scene (what the dots are), what of it is chosen, and settings (what a drag does, what else is drawn). */
        async show(scene, chosen, settings) {
            this.settings = settings;
            this.wanted = scene;
            try {
                await this.load(scene, chosen);
            } catch (error) {
                this.say(`The map's dots could not be loaded (${error.message}). Reload the page to try again.`);
            }
        }

        async load(scene, chosen) {
            const [points, codes, levels, worst] = await Promise.all([
                pointsAt(scene.places),
                fetched(scene.colors),
                scene.sizes && fetched(scene.sizes),
                scene.worst && fetched(scene.worst),
            ]);
            if (this.wanted !== scene || !this.painter) {
                return; // another was asked for meanwhile
            }
            this.take(scene, points, codes, levels, worst);
            this.choose(chosen);
            this.resize();
        }

        take(scene, points, codes, levels, worst) {
            const { painter } = this;
            const before = this.given || {};
            const isNew = points !== this.points;
            if (isNew) {
                this.points = points;
                painter.give("place", points.places);
                this.view.zoom = 1;
                this.view.middle = [0.5, 0.5];
            }
            if (isNew || before.codes !== codes) {
                this.codes = points.sorted(new Uint8Array(codes));
                painter.give("code", this.codes);
            }
            if (isNew || before.levels !== levels) {
                painter.give("level", levels && points.sorted(new Uint8Array(levels)));
            }
            this.scene = scene;
            this.palette = scene.palette.map(rgb);
            painter.givePalette(this.palette);
            this.weights = window.leapMap.weightsOf(this.palette, scene.is_scale);
            this.worst = worst ? [...new Uint32Array(worst)].filter((row) => points.placeOf(row)) : [];
            const share = (x, y) => points.toShare(x, y);
            this.marks.giveNames(scene.names.map(({ name, x, y }) => ({ name, place: share(x, y) })));
            this.given = { codes, levels, bits: isNew ? undefined : before.bits };
        }

        /* Which samples are chosen (`bits`, one a row in base64; null: all), and the area that was drawn. */
        choose(chosen) {
            this.chosen = chosen;
            if (!this.points || this.given.bits === chosen.bits) {
                return;
            }
            this.given.bits = chosen.bits;
            this.mask =
                chosen.bits && this.points.sortedBits(Uint8Array.from(atob(chosen.bits), (c) => c.charCodeAt(0)));
            this.painter.give("mark", this.mask);
            const picked = this.mask ? placesOf(this.mask) : this.worst.map((row) => this.points.at[row]);
            this.picked = Uint32Array.from(picked.length <= this.mostDots ? picked : []);
            this.isManyPicked = picked.length > this.mostDots;
            this.painter.giveChosen(this.picked);
        }

        resize() {
            const [width, height] = [this.element.clientWidth, this.element.clientHeight];
            if (!this.points || !width || !height) {
                return;
            }
            const [left, right, bottom, top] = this.points.bounds;
            this.view.fit([width, height], (right - left || 1) / (top - bottom || 1));
            this.ratio = Math.min(4, window.devicePixelRatio || 1);
            [this.canvas.width, this.canvas.height] = [width * this.ratio, height * this.ratio].map(Math.round);
            this.counted = null;
            this.paint();
        }

        /* Move or zoom: drawn at once from what was counted, counted anew when it rests. */
        moved() {
            window.clearTimeout(this.rest);
            this.rest = window.setTimeout(() => {
                this.counted = null;
                this.paint();
            }, REST);
            this.paint(true);
        }

        paint(isMoving = false) {
            this.isMoving = isMoving;
            this.frame ??= window.requestAnimationFrame(() => {
                this.frame = null;
                this.drawAll();
            });
        }

        drawAll() {
            const { painter, view } = this;
            const { window: shown } = view;
            const runs = this.points.runs(shown);
            this.isDense = runs.reduce((sum, [from, to]) => sum + to - from, 0) > this.mostDots;
            if (!this.counted && (this.isDense || this.settings.layers === "contours")) {
                this.count(shown);
            }
            painter.clear(view.window, this.ratio);
            const style = { diameters: this.scene.diameters, opacity: 0.8, wanted: -1 };
            if (this.isDense) {
                this.counted?.images.forEach((which) => painter.drawImage(which, this.counted.window));
                painter.drawChosen(this.picked.length, { ...style, opacity: 0.9 });
            } else if (this.mask) {
                painter.drawRuns(runs, { ...style, opacity: DIMMED, wanted: 0 });
                painter.drawRuns(runs, { ...style, opacity: 0.9, wanted: 1 });
            } else {
                painter.drawRuns(runs, style);
            }
            this.drawMarks();
            this.drawn += 1;
            this.element.dispatchEvent(new CustomEvent("map-drawn", { bubbles: true }));
        }

        /* Count density anew, of a window somewhat larger than the shown one. */
        count(shown) {
            const wide = grown(shown, 0.15);
            this.counted = { window: wide, images: [] };
            if (this.isDense) {
                const rest = this.mask ? DIMMED_DENSITY : 1;
                this.countImage(0, wide, this.mask && this.isManyPicked ? 0 : null, rest);
                if (this.mask && this.isManyPicked) {
                    this.countImage(1, wide, 1, 1);
                }
            }
            const size = cellsOf(this.view.frame, CONTOUR_CELL);
            const isShown = this.settings.layers === "contours";
            const cells = isShown && this.points.count(wide, size, this.codes, this.weights, null, 0);
            this.marks.giveContours(isShown ? window.leapMap.contoursOf(cells, size) : [], wide, size);
        }

        countImage(which, shown, wanted, opacity) {
            const size = cellsOf(this.view.frame, CELL);
            const mask = wanted === null ? null : this.mask;
            const cells = this.points.count(shown, size, this.codes, this.weights, mask, wanted);
            const image = window.leapMap.imageOf(cells, this.palette, this.scene.is_scale, opacity);
            this.painter.giveImage(which, image, size);
            this.counted.images.push(which);
        }

        drawMarks() {
            const { points, view, scene, chosen } = this;
            const outline = chosen.outline.map(([x, y]) => points.toShare(x, y));
            const opened = scene.opened === null ? null : points.placeOf(scene.opened);
            this.marks.place((place) => view.pixels(place), view.frame, { outline, opened });
            this.marks.svg.classList.toggle("plain", this.settings.layers === "plain");
            this.element.classList.toggle("is-home", view.isHome);
            this.note.classList.remove("alone");
            if (!this.isMoving || !this.note.textContent) {
                this.note.textContent = this.inWords();
            }
        }

        /* How many samples are in view, and which of them are dots. */
        inWords() {
            const total = this.points.order.length;
            const here = this.view.isHome ? total : this.points.within(this.view.window);
            const words = `${here.toLocaleString("en")} of ${total.toLocaleString("en")} in view`;
            if (!this.isDense) {
                return words;
            }
            const dots = this.picked.length.toLocaleString("en");
            const which = this.mask ? `the ${dots} selected as dots` : `the ${dots} of highest loss as dots`;
            return `${words}, as density${this.picked.length ? `; ${which}` : ""}. Zoom in for dots.`;
        }

        rowAt(pixel) {
            const reach = this.view.size.map((side) => REACH / side);
            const at = this.points.nearest(this.view.shares(pixel), reach);
            return at < 0 ? null : this.points.order[at];
        }

        placeOf(row) {
            const place = this.points.placeOf(row);
            return place && this.view.pixels(place);
        }

        /* The chosen dots in view: their rows and pixels, one after the other. */
        *shown() {
            const [width, height] = this.view.frame;
            for (const [from, to] of this.points.runs(this.view.window)) {
                for (let at = from; at < to; at += 1) {
                    const place = [this.points.places[2 * at] / 65535, this.points.places[2 * at + 1] / 65535];
                    const [left, top] = this.view.pixels(place);
                    const isInView = left >= 0 && left <= width && top >= 0 && top <= height;
                    if (isInView && (!this.mask || this.mask[at])) {
                        yield [this.points.order[at], left, top];
                    }
                }
            }
        }
    }

    const rgb = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

    const cellsOf = (frame, side) => frame.map((pixels) => Math.max(2, Math.ceil((1.3 * pixels) / side)));

    function grown([left, bottom, right, top], share) {
        const [across, up] = [(right - left) * share, (top - bottom) * share];
        return [left - across, bottom - up, right + across, top + up];
    }

    function placesOf(mask) {
        const found = new Uint32Array(mask.reduce((sum, one) => sum + one, 0));
        let next = 0;
        mask.forEach((one, at) => {
            if (one) {
                found[next++] = at;
            }
        });
        return found;
    }

    const live = new Set(); // maps that hold a drawing context, of which a browser has but a few

    /* The map within an element, made when it is first asked for; those that have left the page let go of theirs. */
    function at(element) {
        for (const map of live) {
            if (!map.element.isConnected) {
                map.painter?.release();
                live.delete(map);
            }
        }
        element.populationMap ??= new PopulationMap(element);
        live.add(element.populationMap);
        return element.populationMap;
    }

    window.leapMap = Object.assign(window.leapMap || {}, { at });
})();
