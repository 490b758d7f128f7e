/* The column's menu follows the address, which a click in the ranking changes. */
window.dash_clientside = Object.assign({}, window.dash_clientside, {
    data: {
        followColumn: function () {
            const menu = document.querySelector('button[id*=\'"key":"data:column"\']');
            if (menu) {
                const id = JSON.parse(menu.id);
                window.dash_clientside.set_props(id, { value: window.explorer.params["data.column"] || id.default });
            }
        },
    },
});
