/* The map: the drawn area becomes a polygon in the page's address; a row of the table opens its sample. */
(function () {
    "use strict";

    const MOST_CORNERS = 60; // an address stays readable, and an eye sees no difference

    function polygonOf(selected) {
        if (selected?.lassoPoints) {
            const { x, y } = selected.lassoPoints;
            const step = Math.max(1, Math.ceil(x.length / MOST_CORNERS));
            return x.map((value, index) => [value, y[index]]).filter((_, index) => index % step === 0);
        }
        if (selected?.range) {
            const { x, y } = selected.range;
            return [
                [x[0], y[0]],
                [x[1], y[0]],
                [x[1], y[1]],
                [x[0], y[1]],
            ];
        }
        return [];
    }

    function open(key) {
        window.explorer.apply({ view: "sample", sample: key });
    }

    const noUpdate = () => window.dash_clientside.no_update;

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        population: {
            select: function (selected) {
                if (selected === undefined) {
                    return noUpdate();
                }
                const corners = polygonOf(selected);
                if (selected !== null && corners.length < 3) {
                    return noUpdate();
                }
                const short = (number) => String(Number(number.toPrecision(5)));
                const points = corners.map(([x, y]) => short(x) + "," + short(y)).join(";");
                window.explorer.apply({
                    selection: points ? (window.explorer.params.map || "map") + ":" + points : null,
                });
                return noUpdate();
            },

            open: function (cell) {
                if (cell?.rowId) {
                    open(cell.rowId);
                }
                return noUpdate();
            },

            refresh: function () {
                window.dash_ag_grid.getApiAsync("population-table").then((grid) => grid.purgeInfiniteCache());
                return noUpdate();
            },
        },
    });

    window.dashAgGridFunctions = Object.assign({}, window.dashAgGridFunctions, {
        openWithKey: function (params) {
            if (params.event.key === "Enter" && params.node?.id) {
                open(params.node.id);
            }
        },
    });
})();
