/* Makes the elements of what the server sent as data, `[tag, attributes, ...children]`. Text stays text. */
(function () {
    "use strict";

    function made(part) {
        if (typeof part === "string") return part;
        const [tag, attributes, ...children] = part;
        const element = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        element.append(...children.map(made));
        return element;
    }

    function draw(box) {
        box.replaceChildren(...JSON.parse(box.dataset.drawn).map(made));
    }

    new MutationObserver((changes) => {
        for (const { target, type, addedNodes } of changes) {
            if (type === "attributes" && target.dataset.drawn) draw(target);
            for (const node of addedNodes) {
                if (node.matches?.("[data-drawn]")) draw(node);
                node.querySelectorAll?.("[data-drawn]").forEach(draw);
            }
        }
    }).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["data-drawn"] });
})();
