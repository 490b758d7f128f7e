/* Label review by keyboard. The list moves at once; the server keeps each verdict and confirms it. */
(function () {
    "use strict";

    const KEYS = {
        1: "flip",
        2: "ambiguous",
        3: "fine",
        u: "undo",
        j: "next",
        k: "previous",
        arrowdown: "next",
        arrowup: "previous",
    };
    const NAMES = { flip: "change", ambiguous: "ambiguous", fine: "keep" };
    const VERDICTS = Object.keys(NAMES);
    const TYPING = "input, textarea, select, [contenteditable=true], [role=combobox], [role=listbox], .dash-dropdown";
    const SCROLLING = ".sample-text, .table-scroll, [role=listbox], [role=option]";

    /* Verdicts and probabilities as the list shows them. */
    window.dashAgGridFunctions = Object.assign({}, window.dashAgGridFunctions, {
        labelVerdict: (verdict) => NAMES[verdict] || "",
        labelChance: (share) => (share == null ? "" : share < 0.001 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`),
    });

    const page = String(Date.now()) + Math.random();
    let number = 0;
    let pending = {}; // by sample, what the server has not confirmed
    let taken = null; // verdicts in the order in which they were given, with what stood there before

    function grid() {
        if (!document.getElementById("labels-list")) {
            return null;
        }
        try {
            const api = window.dash_ag_grid.getApi("labels-list");
            return api && !api.isDestroyed() ? api : null;
        } catch (error) {
            return null;
        }
    }

    function nodes(api) {
        const found = [];
        api.forEachNodeAfterFilterAndSort((node) => found.push(node));
        return found;
    }

    function currentNode(api) {
        return api.getSelectedNodes()[0] || null;
    }

    function history(api) {
        if (taken === null) {
            const decided = nodes(api).filter((node) => node.data.verdict && node.data.order !== null);
            decided.sort((one, other) => one.data.order - other.data.order);
            taken = decided.map((node) => ({ key: node.data.key, before: null }));
        }
        return taken;
    }

    function select(api, node) {
        node.setSelected(true, true);
        api.ensureNodeVisible(node);
        mark(api);
    }

    function move(api, step) {
        const all = nodes(api);
        const next = all[all.indexOf(currentNode(api)) + step];
        if (next) {
            select(api, next);
        }
    }

    function keep(api, key, verdict) {
        const node = api.getRowNode(key);
        if (node) {
            node.setDataValue("verdict", verdict || "");
        }
        number += 1;
        pending[key] = { verdict: verdict, number: number };
        const verdicts = Object.fromEntries(Object.entries(pending).map(([name, one]) => [name, one.verdict]));
        window.dash_clientside.set_props("labels-action", { data: { page: page, number: number, verdicts: verdicts } });
    }

    function decide(api, verdict) {
        const node = currentNode(api);
        if (!node) {
            return;
        }
        history(api).push({ key: node.data.key, before: node.data.verdict || null });
        keep(api, node.data.key, verdict);
        mark(api);
        move(api, 1);
    }

    function undo(api) {
        const last = history(api).pop();
        if (!last) {
            return;
        }
        keep(api, last.key, last.before);
        const node = api.getRowNode(last.key);
        if (node) {
            select(api, node);
        }
    }

    /* The button of the verdict that stands is shown pressed. */
    function mark(api) {
        const node = currentNode(api);
        for (const button of document.querySelectorAll("[data-labels]")) {
            if (VERDICTS.includes(button.dataset.labels)) {
                button.setAttribute(
                    "aria-pressed",
                    String(Boolean(node) && node.data.verdict === button.dataset.labels),
                );
            }
        }
    }

    function act(action) {
        const api = grid();
        if (!api) {
            return;
        }
        if (action === "undo") {
            undo(api);
        } else if (action === "next" || action === "previous") {
            move(api, action === "next" ? 1 : -1);
        } else {
            decide(api, action);
        }
    }

    document.addEventListener("click", (event) => {
        const button = event.target.closest ? event.target.closest("[data-labels]") : null;
        if (button) {
            act(button.dataset.labels);
        }
    });

    document.addEventListener("keydown", (event) => {
        const action = KEYS[event.key.toLowerCase()];
        const isElsewhere = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
        if (!action || isElsewhere || !document.getElementById("labels-list") || event.target.closest(TYPING)) {
            return;
        }
        if (event.key.startsWith("Arrow") && event.target.closest(SCROLLING)) {
            return;
        }
        event.preventDefault();
        act(action);
    });

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        labels: {
            selected: function (rows) {
                const api = grid();
                if (Array.isArray(rows) && rows.length) {
                    window.explorer.apply({ "labels.at": rows[0].key });
                }
                if (api) {
                    mark(api);
                }
            },

            kept: function (confirmed) {
                pending = Object.fromEntries(Object.entries(pending).filter(([, one]) => one.number > confirmed));
            },

            listed: function () {
                taken = null; // a new list knows the order of all verdicts kept so far
            },
        },
    });
})();
