/* Dots and pictures of density, drawn by WebGL 2, with or without a graphics card. */
(function () {
    "use strict";

    const PALETTE = 256;

    const DOTS = `#version 300 es
        in vec2 place;
        in float level;
        in uint code;
        in uint mark;
        uniform vec2 middle, scale, diameters;
        uniform float ratio, opacity;
        uniform int wanted;
        uniform sampler2D palette;
        out vec4 color;
        out float size;
        void main() {
            bool isShown = wanted < 0 || int(mark) == wanted;
            gl_Position = isShown ? vec4((place - middle) * scale, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
            size = mix(diameters.x, diameters.y, level) * ratio;
            gl_PointSize = size + 1.0;
            color = vec4(texelFetch(palette, ivec2(int(code), 0), 0).rgb, opacity);
        }`;
    const DOT = `#version 300 es
        precision highp float;
        in vec4 color;
        in float size;
        out vec4 drawn;
        void main() {
            float inside = clamp(size * 0.5 + 0.5 - length(gl_PointCoord - 0.5) * (size + 1.0), 0.0, 1.0);
            drawn = vec4(color.rgb, 1.0) * (color.a * inside);
        }`;
    const PICTURE = `#version 300 es
        uniform vec2 middle, scale;
        uniform vec4 window;
        out vec2 place;
        void main() {
            place = vec2(gl_VertexID & 1, gl_VertexID >> 1);
            gl_Position = vec4((mix(window.xy, window.zw, place) - middle) * scale, 0.0, 1.0);
        }`;
    const PIXEL = `#version 300 es
        precision highp float;
        uniform sampler2D image;
        in vec2 place;
        out vec4 drawn;
        void main() { drawn = texture(image, place); }`;

    class Painter {
        /* Null where the browser has no WebGL 2. */
        static on(canvas) {
            const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
            return gl ? new Painter(gl) : null;
        }

        constructor(gl) {
            this.gl = gl;
            this.dots = program(gl, DOTS, DOT);
            this.picture = program(gl, PICTURE, PIXEL);
            this.vertices = gl.createVertexArray();
            this.none = gl.createVertexArray();
            this.buffers = { place: gl.createBuffer(), level: gl.createBuffer(), code: gl.createBuffer() };
            this.buffers.mark = gl.createBuffer();
            this.chosen = gl.createBuffer();
            this.palette = texture(gl, gl.NEAREST);
            this.images = [texture(gl, gl.LINEAR), texture(gl, gl.LINEAR)];
            gl.bindVertexArray(this.vertices);
            gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.chosen);
            gl.enable(gl.BLEND);
            gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
        }

        /* What all dots have of a kind: `place` (x and y), `level` of size, `code` of colour, `mark`. Null: all alike. */
        give(kind, values) {
            const { gl } = this;
            const at = gl.getAttribLocation(this.dots.program, kind);
            gl.bindVertexArray(this.vertices);
            if (values === null) {
                gl.disableVertexAttribArray(at);
                kind === "level" ? gl.vertexAttrib1f(at, 0) : gl.vertexAttribI4ui(at, 0, 0, 0, 0);
                return;
            }
            gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[kind]);
            gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
            gl.enableVertexAttribArray(at);
            if (kind === "place") {
                gl.vertexAttribPointer(at, 2, gl.UNSIGNED_SHORT, true, 0, 0);
            } else if (kind === "level") {
                gl.vertexAttribPointer(at, 1, gl.UNSIGNED_BYTE, true, 0, 0);
            } else {
                gl.vertexAttribIPointer(at, 1, gl.UNSIGNED_BYTE, 0, 0);
            }
        }

        /* The places in the arrays of dots that are drawn one by one. */
        giveChosen(places) {
            const { gl } = this;
            gl.bindVertexArray(this.vertices);
            gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, places, gl.STATIC_DRAW);
        }

        givePalette(colors) {
            const { gl } = this;
            const bytes = new Uint8Array(4 * PALETTE);
            colors.forEach((color, index) => bytes.set([...color, 255], 4 * index));
            gl.bindTexture(gl.TEXTURE_2D, this.palette);
            gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, PALETTE, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
        }

        giveImage(which, image, [columns, lines]) {
            const { gl } = this;
            gl.bindTexture(gl.TEXTURE_2D, this.images[which]);
            gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, columns, lines, 0, gl.RGBA, gl.UNSIGNED_BYTE, image);
        }

        /* Begin anew, with what lies in a window: left, bottom, right, top. */
        clear([left, bottom, right, top], ratio) {
            const { gl } = this;
            gl.viewport(0, 0, gl.canvas.width, gl.canvas.height);
            gl.clearColor(0, 0, 0, 0);
            gl.clear(gl.COLOR_BUFFER_BIT);
            this.ratio = ratio;
            this.middle = [(left + right) / 2, (bottom + top) / 2];
            this.scale = [2 / (right - left), 2 / (top - bottom)];
        }

        drawImage(which, window) {
            const { gl } = this;
            this.use(this.picture, this.none);
            gl.bindTexture(gl.TEXTURE_2D, this.images[which]);
            gl.uniform4f(this.picture.at("window"), ...window);
            gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
        }

        /* The dots of some runs of the arrays; `wanted`: those of that mark alone, -1 for any. */
        drawRuns(runs, style) {
            this.prepare(style);
            for (const [from, to] of runs) {
                this.gl.drawArrays(this.gl.POINTS, from, to - from);
            }
        }

        drawChosen(count, style) {
            this.prepare(style);
            this.gl.drawElements(this.gl.POINTS, count, this.gl.UNSIGNED_INT, 0);
        }

        prepare({ diameters, opacity, wanted }) {
            const { gl, dots } = this;
            this.use(dots, this.vertices);
            gl.bindTexture(gl.TEXTURE_2D, this.palette);
            gl.uniform2f(dots.at("diameters"), ...diameters);
            gl.uniform1f(dots.at("ratio"), this.ratio);
            gl.uniform1f(dots.at("opacity"), opacity);
            gl.uniform1i(dots.at("wanted"), wanted);
        }

        release() {
            this.gl.getExtension("WEBGL_lose_context")?.loseContext();
        }

        use(one, vertices) {
            const { gl } = this;
            gl.useProgram(one.program);
            gl.bindVertexArray(vertices);
            gl.uniform2f(one.at("middle"), ...this.middle);
            gl.uniform2f(one.at("scale"), ...this.scale);
        }
    }

    function program(gl, vertex, fragment) {
        const made = gl.createProgram();
        for (const [kind, source] of [
            [gl.VERTEX_SHADER, vertex],
            [gl.FRAGMENT_SHADER, fragment],
        ]) {
            const shader = gl.createShader(kind);
            gl.shaderSource(shader, source);
            gl.compileShader(shader);
            gl.attachShader(made, shader);
        }
        gl.bindAttribLocation(made, 0, "place"); // the one that always has an array
        gl.linkProgram(made);
        if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) {
            throw new Error("The map's shaders do not link: " + gl.getProgramInfoLog(made));
        }
        const places = {};
        return { program: made, at: (name) => (places[name] ??= gl.getUniformLocation(made, name)) };
    }

    function texture(gl, filter) {
        const made = gl.createTexture();
        gl.bindTexture(gl.TEXTURE_2D, made);
        for (const [name, value] of [
            [gl.TEXTURE_MIN_FILTER, filter],
            [gl.TEXTURE_MAG_FILTER, filter],
            [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
            [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
        ]) {
            gl.texParameteri(gl.TEXTURE_2D, name, value);
        }
        return made;
    }

    window.leapMap = Object.assign(window.leapMap || {}, { Painter });
})();
