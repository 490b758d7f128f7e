/* Tables: a cell's text, given as parts with whether they were searched for; a small picture, given as its address; what
   a model says, with whether it is right. A row opens its sample. */
(function () {
    "use strict";

    const element = (...parts) => window.React.createElement(...parts);

    window.dashAgGridComponentFunctions = Object.assign({}, window.dashAgGridComponentFunctions, {
        MarkedText: ({ value }) =>
            (value || []).map(([text, isMatch], index) => (isMatch ? element("mark", { key: index }, text) : text)),
        Thumbnail: ({ value }) => (value ? element("img", { src: value, alt: "", className: "thumbnail" }) : null),
        Judged: ({ value }) => (value ? element("span", { className: value[1] ? "" : "bad" }, value[0]) : null),
    });

    function open(key) {
        window.explorer.apply({ view: "sample", sample: key });
    }

    window.dashAgGridFunctions = Object.assign({}, window.dashAgGridFunctions, {
        /* Arrow keys walk through a table; Tab leads on, and not through 25,000 rows. */
        leaveTable: () => false,

        openWithKey: (params) => {
            if (params.event.key === "Enter" && params.node?.id) {
                open(params.node.id);
            }
        },
    });

    const noUpdate = () => window.dash_clientside.no_update;

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        tables: {
            open: (cell) => {
                if (cell?.rowId) {
                    open(cell.rowId);
                }
                return noUpdate();
            },

            refresh: () => {
                const { id } = window.dash_clientside.callback_context.outputs_list;
                window.dash_ag_grid.getApiAsync(id).then((grid) => grid.purgeInfiniteCache());
                return noUpdate();
            },
        },
    });
})();
