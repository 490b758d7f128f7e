/* A cell's text, given as parts with whether they were searched for. */
window.dashAgGridComponentFunctions = Object.assign({}, window.dashAgGridComponentFunctions, {
    MarkedText: ({ value }) =>
        (value || []).map(([text, isMatch], index) =>
            isMatch ? window.React.createElement("mark", { key: index }, text) : text,
        ),
});

/* Arrow keys walk through a table; Tab leads on, and not through 25,000 rows. */
window.dashAgGridFunctions = Object.assign({}, window.dashAgGridFunctions, { leaveTable: () => false });
