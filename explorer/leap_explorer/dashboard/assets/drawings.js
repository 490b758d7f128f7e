/* The controls of drawings: each acts on the figure that it stands in, and nothing is asked of the server. */
(function () {
    "use strict";

    const FRAME = 100; // milliseconds

    const effects = {
        confidence(figure, { value }) {
            for (const box of figure.querySelectorAll(".box"))
                box.hidden = Number(box.dataset.confidence) < Number(value);
        },
        labels(figure, { checked }) {
            figure.classList.toggle("unlabelled", !checked);
        },
        opacity(figure, { value }) {
            for (const layer of figure.querySelectorAll(".layer")) layer.style.opacity = value;
        },
        layer(figure, { checked, dataset }) {
            for (const layer of figure.querySelectorAll(".layer")) {
                if (layer.dataset.layer === dataset.layer) layer.hidden = !checked;
            }
        },
        frame(figure, { value }) {
            const clip = figure.querySelector(".clip");
            figure.querySelector("img.frame").src = JSON.parse(clip.dataset.frames)[value];
        },
    };

    function changed({ target }) {
        const effect = effects[target.dataset?.shows];
        if (!effect) return;
        effect(target.closest("figure"), target);
        const shown = target.closest("label").querySelector(".slider-value");
        if (shown) shown.textContent = target.value;
    }

    function play(button) {
        const figure = button.closest("figure");
        const slider = figure.querySelector("[data-shows=frame]");
        if (slider.value === slider.max) slider.value = 0;
        button.textContent = "Pause";
        const timer = setInterval(() => {
            const isPaused = button.textContent !== "Pause";
            if (!figure.isConnected || isPaused || slider.value === slider.max) {
                clearInterval(timer);
                button.textContent = "Play";
                return;
            }
            slider.value = Number(slider.value) + 1;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
        }, FRAME);
    }

    document.addEventListener("input", changed);
    document.addEventListener("click", ({ target }) => {
        if (target.dataset?.plays !== "clip") return;
        if (target.textContent === "Pause") target.textContent = "Play";
        else play(target);
    });
})();
