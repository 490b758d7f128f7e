/* Two maps beside each other: an area drawn on one becomes part of the page's address, with the run it was drawn on. */
(function () {
    "use strict";

    const MOST_CORNERS = 60; // an address stays readable

    function cornersOf(selected) {
        const { x, y } = selected?.lassoPoints || { x: [], y: [] };
        const step = Math.max(1, Math.ceil(x.length / MOST_CORNERS));
        return x.map((value, index) => [value, y[index]]).filter((_, index) => index % step === 0);
    }

    const noUpdate = () => window.dash_clientside.no_update;

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        compare: {
            select: function (selected, run) {
                const corners = cornersOf(selected);
                if (selected === undefined || (selected !== null && corners.length < 3)) {
                    return noUpdate();
                }
                const short = (number) => String(Number(number.toPrecision(5)));
                const points = corners.map(([x, y]) => short(x) + "," + short(y)).join(";");
                window.explorer.apply({ selection: points ? "map@" + run + ":" + points : null });
                return noUpdate();
            },

            open: function (clicked) {
                const key = clicked?.points?.[0]?.customdata;
                if (key) {
                    window.explorer.apply({ view: "sample", sample: key });
                }
                return noUpdate();
            },
        },
    });
})();
