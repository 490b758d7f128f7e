/* The page's state: its address's query string is the truth; stores and inputs follow it. */
(function () {
    "use strict";

    const OPENS_A_PAGE = ["view", "sample", "run"]; // only these make a step for the browser's Back
    const CHOOSE = ["filter", "q", "selection"]; // these say which samples
    const past = []; // what they were before each change, with the run that was shown
    const explorer = (window.explorer = {
        params: read(),
        visits: 0,
        shell: { inputs: [], runs: [], modelColumns: [] },
    });
    const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");

    function read() {
        return Object.fromEntries(new URLSearchParams(window.location.search));
    }

    function isDark() {
        const theme = explorer.params.theme || "auto";
        return theme === "auto" ? darkScheme.matches : theme === "dark";
    }

    function paint() {
        const name = isDark() ? "dark" : "light";
        document.documentElement.dataset.theme = name;
        document.documentElement.dataset.agThemeMode = name;
    }

    function merged(change) {
        const params = { ...explorer.params };
        if ("run" in change && runOf(change) !== runOf(params)) {
            params.filter = filterSeenFrom(params.filter, runOf(params), runOf(change));
            params.selection = selectionSeenFrom(params.selection, runOf(params), runOf(change));
        }
        if ("sample" in change && (change.sample || "") !== (params.sample || "")) {
            delete params["sample.text"]; // what was typed belongs to the sample
        }
        for (const [key, value] of Object.entries(change)) {
            params[key] = value;
        }
        if (params.run === explorer.shell.runs[0]) {
            delete params.run; // the first needs no name, and a second step for Back would take it away
        }
        return Object.fromEntries(
            Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== ""),
        );
    }

    function runOf(params) {
        return params.run || explorer.shell.runs[0] || "";
    }

    /* Another model has other outputs and another map: what was said of the former keeps its name, and its samples. */
    function filterSeenFrom(filter, home, there) {
        let rows;
        try {
            rows = JSON.parse(filter || "[]");
        } catch (error) {
            return "";
        }
        const seen = rows.map(([column, operator, value, run]) => {
            const named = run || (explorer.shell.modelColumns.includes(column) ? home : "");
            return named && named !== there ? [column, operator, value, named] : [column, operator, value];
        });
        return seen.length ? JSON.stringify(seen) : "";
    }

    function selectionSeenFrom(selection, home, there) {
        if (!selection) {
            return "";
        }
        const end = selection.lastIndexOf(":");
        const [projection, ...named] = selection.slice(0, end).split("@");
        const run = named.join("@") || home;
        return projection + (run === there ? "" : "@" + run) + selection.slice(end);
    }

    function address(params) {
        const query = new URLSearchParams(params).toString();
        return window.location.pathname + (query ? "?" + query : "");
    }

    /* What a link changes, the controls of a view must follow; what a control changes, it shows already. */
    function apply(change, isFromControl) {
        const before = explorer.params;
        const after = merged(change);
        if (address(before) === address(after)) {
            return;
        }
        become(after);
        const isStep = OPENS_A_PAGE.some((key) => (before[key] || "") !== (after[key] || ""));
        window.history[isStep ? "pushState" : "replaceState"](null, "", address(after));
        const keys = Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
        tell(isFromControl ? [] : viewInputs().filter((id) => keys.includes(keyOf(id))));
    }

    /* The page's parameters; which samples those before them chose can be had back. */
    function become(after) {
        const { filter, q, selection } = explorer.params;
        const [old, now] = [explorer.params, after].map((one) => CHOOSE.map((key) => one[key] || ""));
        if (runOf(explorer.params) === runOf(after) && JSON.stringify(old) !== JSON.stringify(now)) {
            past.push({ filter, q, selection, run: runOf(after) });
        }
        explorer.params = after;
    }

    /* Take back the last change of which samples are chosen, as the run that is shown now has it. */
    function undo() {
        const last = past.pop();
        if (!last) {
            return;
        }
        const here = runOf(explorer.params);
        const isSame = last.run === here;
        const count = past.length;
        apply({
            q: last.q || null,
            filter: (isSame ? last.filter : filterSeenFrom(last.filter, last.run, here)) || null,
            selection: (isSame ? last.selection : selectionSeenFrom(last.selection, last.run, here)) || null,
        });
        past.length = count; // what is taken back is no change to take back
        offerUndo();
    }

    function offerUndo() {
        const button = document.getElementById("undo");
        if (button) {
            button.disabled = !past.length;
        }
    }

    function tell(inputs = []) {
        paint();
        markNavigation();
        offerUndo();
        syncInputs([...explorer.shell.inputs, ...inputs]);
        window.dash_clientside.set_props("problem", { children: null });
        window.dash_clientside.set_props("state", { data: explorer.params });
    }

    function markNavigation() {
        const view = explorer.params.view || "overview";
        for (const link of document.querySelectorAll("a.nav-link")) {
            const isHere = JSON.parse(link.dataset.change).view === view;
            isHere ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
            if (isHere) {
                document.title = [link.textContent, runOf(explorer.params), "Leap Explorer"]
                    .filter(Boolean)
                    .join(" · ");
            }
        }
    }

    function keyOf(id) {
        return id.key.replace(":", "."); // Dash's ids hold no dots
    }

    /* The inputs that are on the page now; those of the shell are known before they are. */
    function viewInputs() {
        return [...document.querySelectorAll("#view [id*='\"type\":\"control\"'][id$='}']")].map((one) =>
            JSON.parse(one.id),
        );
    }

    function syncInputs(ids) {
        for (const id of ids) {
            window.dash_clientside.set_props(id, { value: explorer.params[keyOf(id)] || id.default });
        }
    }

    explorer.apply = apply;
    paint();

    darkScheme.addEventListener("change", () => tell());
    window.addEventListener("popstate", () => {
        become(read());
        explorer.visits += 1;
        tell();
    });

    document.addEventListener("click", (event) => {
        if (event.target.closest?.("#undo")) {
            undo();
        }
    });

    document.addEventListener("keydown", (event) => {
        const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
        if (isUndo && !event.target.closest?.("input, textarea, [contenteditable]")) {
            event.preventDefault();
            undo();
        }
    });

    function linkOf(event) {
        return event.target.closest ? event.target.closest("a[data-change]") : null;
    }

    document.addEventListener("click", (event) => {
        const link = linkOf(event);
        if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) {
            return;
        }
        event.preventDefault();
        apply(JSON.parse(link.dataset.change));
    });

    for (const kind of ["pointerdown", "focusin"]) {
        document.addEventListener(kind, (event) => {
            const link = linkOf(event);
            if (link) {
                link.href = address(merged(JSON.parse(link.dataset.change)));
            }
        });
    }

    /* A click elsewhere closes what has dropped down. */
    document.addEventListener("pointerdown", (event) => {
        for (const open of document.querySelectorAll("details.dropdown[open]")) {
            const isInside =
                event.target.closest && event.target.closest("details.dropdown, [data-radix-popper-content-wrapper]");
            if (!isInside) {
                open.open = false;
            }
        }
    });

    /* Escape does so too, and gives the focus back. */
    document.addEventListener("keydown", (event) => {
        const open = event.key === "Escape" && event.target.closest?.("details.dropdown[open]");
        if (open) {
            open.open = false;
            open.querySelector("summary").focus();
        }
    });

    /* How high the bar is under which the page scrolls. */
    function measureBars() {
        const bar = document.querySelector(".filter-bar");
        const isSticky = getComputedStyle(bar).position === "sticky";
        document.documentElement.style.setProperty("--bar-height", (isSticky ? bar.offsetHeight : 0) + "px");
    }

    const noUpdate = () => window.dash_clientside.no_update;

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        explorer: {
            boot: function (shell) {
                explorer.shell = shell;
                paint();
                markNavigation();
                syncInputs(shell.inputs);
                new ResizeObserver(measureBars).observe(document.querySelector(".filter-bar"));
                explorer.isReady = true;
                return explorer.params;
            },

            change: function (change) {
                if (change) {
                    apply(change);
                }
            },

            /* A mark of a plot that was clicked is a link. */
            brush: function () {
                for (const { prop_id, value } of window.dash_clientside.callback_context.triggered || []) {
                    const change = value?.points?.[0]?.customdata;
                    if (change) {
                        window.dash_clientside.set_props(JSON.parse(prop_id.slice(0, prop_id.lastIndexOf("."))), {
                            clickData: null, // or the same mark could not be clicked again
                        });
                        apply(JSON.parse(change));
                    }
                }
            },

            /* A collection has other samples: what is filtered by it is shown anew. */
            collected: function (count) {
                if (count && (explorer.params.filter || "").includes('"collection"')) {
                    explorer.visits += 1;
                    tell();
                }
            },

            control: function (values, ids) {
                if (!explorer.isReady) {
                    return;
                }
                const changes = {};
                ids.forEach((id, index) => {
                    const value = Array.isArray(values[index]) ? values[index].join(",") : values[index];
                    if (value === undefined || isFromElsewhere(id)) {
                        return;
                    }
                    changes[keyOf(id)] = value === null || String(value) === id.default ? null : String(value);
                });
                apply(changes, true);
            },

            watch: function (params, watched) {
                const values = watched.keys.map((key) => params?.[key] || "");
                return JSON.stringify(values) === JSON.stringify(watched.values)
                    ? noUpdate()
                    : { keys: watched.keys, values };
            },

            route: function (params, route) {
                const wanted = {
                    view: params?.view || "overview",
                    run: params?.run || "",
                    is_dark: isDark(),
                    pixel_ratio: Math.min(4, Math.max(1, window.devicePixelRatio)),
                    visit: explorer.visits,
                };
                return params === undefined || JSON.stringify(wanted) === JSON.stringify(route) ? noUpdate() : wanted;
            },
        },
    });

    /* Only the inputs that someone touched tell something new; the others may lag behind the address. */
    function isFromElsewhere(id) {
        const triggered = window.dash_clientside.callback_context.triggered || [];
        return !triggered.some(
            (one) =>
                one.prop_id.startsWith("{") &&
                sameId(JSON.parse(one.prop_id.slice(0, one.prop_id.lastIndexOf("."))), id),
        );
    }

    function sameId(first, second) {
        return first.key === second.key && first.type === second.type;
    }
})();
