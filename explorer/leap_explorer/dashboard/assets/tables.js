/* Arrow keys walk through a table; Tab leads on, and not through 25,000 rows. */
window.dashAgGridFunctions = Object.assign({}, window.dashAgGridFunctions, { leaveTable: () => false });
