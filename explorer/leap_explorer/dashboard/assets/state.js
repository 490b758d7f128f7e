/* The page's state: its address's query string is the truth; stores and inputs follow it. */
(function () {
    "use strict";

    const OPENS_A_PAGE = ["view", "sample", "run"]; // only these make a step for the browser's Back
    const explorer = (window.explorer = { params: read(), visits: 0 });
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
        if ("run" in change && (change.run || "") !== (params.run || "")) {
            delete params.selection; // another model has another map, and other clusters
            params.filter = withoutClusters(params.filter);
        }
        for (const [key, value] of Object.entries(change)) {
            params[key] = value;
        }
        return Object.fromEntries(
            Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== ""),
        );
    }

    function withoutClusters(filter) {
        try {
            const rows = JSON.parse(filter || "[]").filter((row) => row[0] !== "cluster");
            return rows.length ? JSON.stringify(rows) : "";
        } catch (error) {
            return "";
        }
    }

    function address(params) {
        const query = new URLSearchParams(params).toString();
        return window.location.pathname + (query ? "?" + query : "");
    }

    function apply(change) {
        const before = explorer.params;
        const after = merged(change);
        if (address(before) === address(after)) {
            return;
        }
        explorer.params = after;
        const isStep = OPENS_A_PAGE.some((key) => (before[key] || "") !== (after[key] || ""));
        window.history[isStep ? "pushState" : "replaceState"](null, "", address(after));
        tell();
    }

    function tell() {
        paint();
        markNavigation();
        syncInputs();
        window.dash_clientside.set_props("problem", { children: null });
        window.dash_clientside.set_props("state", { data: explorer.params });
    }

    function markNavigation() {
        const view = explorer.params.view || "overview";
        for (const link of document.querySelectorAll("a.nav-link")) {
            const isHere = JSON.parse(link.dataset.change).view === view;
            isHere ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
        }
    }

    /* The inputs of the shell outlive a view, so that a step back must reach them. */
    function syncInputs() {
        for (const id of explorer.inputs || []) {
            const value = explorer.params[id.key.replace(":", ".")] || id.default;
            window.dash_clientside.set_props(id, { value: value });
        }
    }

    explorer.apply = apply;
    paint();

    darkScheme.addEventListener("change", tell);
    window.addEventListener("popstate", () => {
        explorer.params = read();
        explorer.visits += 1;
        tell();
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

    const noUpdate = () => window.dash_clientside.no_update;

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        explorer: {
            boot: function () {
                explorer.inputs = [
                    { type: "control", key: "theme", default: "auto" },
                    { type: "control", key: "q", default: "" },
                ];
                const picker = document.querySelector(`[id*='"key":"run"'][id$='"type":"control"}']`);
                if (picker) {
                    explorer.inputs.push(JSON.parse(picker.id));
                }
                paint();
                markNavigation();
                syncInputs();
                explorer.isReady = true;
                return explorer.params;
            },

            change: function (change) {
                if (change) {
                    apply(change);
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
                    changes[id.key.replace(":", ".")] =
                        value === null || String(value) === id.default ? null : String(value);
                });
                apply(changes);
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
