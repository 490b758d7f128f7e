/* The text that was typed for the models to read: in the page's address, or, where it is too long for that, in the
   browser's tab. */
(function () {
    "use strict";

    const IN_ADDRESS = "sample.text";
    const KEPT = "leap-explorer.sample-text";
    const LONGEST = 50000;
    const LONGEST_IN_ADDRESS = 2000; // a link of more is cut by many programs that people share links with
    const EMPTY = "There is no text to read. Write or paste some words first.";
    const TOO_LONG = "This text is too long: at most 50,000 characters are read.";
    const NOT_IN_ADDRESS =
        "The address of this page does not hold this text, which has more than 2,000 characters: it lasts as long as this tab.";

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

    function note(text) {
        return text && text.length > LONGEST_IN_ADDRESS ? NOT_IN_ADDRESS : "";
    }

    function store(key, text) {
        const isShort = text !== null && text.length <= LONGEST_IN_ADDRESS;
        keep(key, isShort ? null : text);
        window.explorer.apply({ [IN_ADDRESS]: isShort ? text : null });
    }

    document.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.id === "sample-box") {
            event.preventDefault();
            document.getElementById("sample-read")?.click();
        }
    });

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        sample: {
            read: function (_sample, _address, reads, resets, typed, before) {
                const noUpdate = window.dash_clientside.no_update;
                const asked = (window.dash_clientside.callback_context.triggered || []).map((one) => one.prop_id);
                const key = window.explorer.params.sample || "";
                if (reads && asked.includes("sample-read.n_clicks")) {
                    const text = typed || "";
                    if (!text.trim() || text.length > LONGEST) {
                        return [noUpdate, text.trim() ? TOO_LONG : EMPTY, ""];
                    }
                    store(key, text);
                    return [{ key, text, is_from_box: true }, "", note(text)];
                }
                if (resets && asked.includes("sample-reset.n_clicks")) {
                    store(key, null);
                    return [{ key, text: null, resets }, "", ""];
                }
                const text = window.explorer.params[IN_ADDRESS] || kept(key);
                if (before && before.key === key && before.text === text) {
                    return [noUpdate, noUpdate, noUpdate];
                }
                return [{ key, text }, "", note(text)];
            },
        },
    });
})();
