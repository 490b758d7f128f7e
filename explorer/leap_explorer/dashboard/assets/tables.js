/* A cell's text, given as parts with whether they were searched for; and a small picture, given as its address. */
window.dashAgGridComponentFunctions = Object.assign({}, window.dashAgGridComponentFunctions, {
    MarkedText: ({ value }) =>
        (value || []).map(([text, isMatch], index) =>
            isMatch ? window.React.createElement("mark", { key: index }, text) : text,
        ),
    Thumbnail: ({ value }) =>
        value ? window.React.createElement("img", { src: value, alt: "", className: "thumbnail" }) : null,
});

/* Arrow keys walk through a table; Tab leads on, and not through 25,000 rows. */
window.dashAgGridFunctions = Object.assign({}, window.dashAgGridFunctions, { leaveTable: () => false });
