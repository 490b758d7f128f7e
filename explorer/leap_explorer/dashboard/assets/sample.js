/* The text that the models read: the sample's own, or what was typed, which lasts as long as the browser's tab. */
(function () {
    "use strict";

    const KEPT = "leap-explorer.sample-text";
    const LONGEST = 50000;
    const EMPTY = "There is no text to read. Write or paste some words first.";
    const TOO_LONG = "This text is too long: at most 50,000 characters are read.";

    function kept(key) {
        try {
            const one = JSON.parse(window.sessionStorage.getItem(KEPT) || "null");
            return one && one.key === key ? one.text : null;
        } catch (error) {
            return null;
        }
    }

    function keep(key, text) {
        try {
            window.sessionStorage.setItem(KEPT, JSON.stringify({ key, text }));
        } catch (error) {
            /* Without storage the text is gone with a reload, and nothing else is. */
        }
    }

    document.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.id === "sample-box") {
            event.preventDefault();
            document.getElementById("sample-read")?.click();
        }
    });

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        sample: {
            read: function (watched, reads, resets, typed, before) {
                const noUpdate = window.dash_clientside.no_update;
                const asked = (window.dash_clientside.callback_context.triggered || []).map((one) => one.prop_id);
                const key = window.explorer.params.sample || "";
                if (reads && asked.includes("sample-read.n_clicks")) {
                    const text = typed || "";
                    if (!text.trim() || text.length > LONGEST) {
                        return [noUpdate, text.trim() ? TOO_LONG : EMPTY];
                    }
                    keep(key, text);
                    return [{ key, text, is_from_box: true }, ""];
                }
                if (resets && asked.includes("sample-reset.n_clicks")) {
                    keep(key, null);
                    return [{ key, text: null, resets }, ""];
                }
                if (before && before.key === key) {
                    return [noUpdate, noUpdate];
                }
                return [{ key, text: kept(key) }, ""];
            },
        },
    });
})();
