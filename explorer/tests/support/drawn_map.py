"""What the population map shows, as its component in the page has it."""

#: Where a user drags, clicks and points.
MAP = "#population-map"

#: Of a script that returns what stands after it: `m`, the component; `p`, by row the places, colours and sizes of its
#: dots, which rows are not dimmed (null: all), what dragging does, the drawn area, and where a row is, as shares (0-1).
READ = """
const m = document.querySelector("#population-map").populationMap;
const byRow = (make) => {
    const found = Array(m.points.n).fill(null);
    m.points.order.forEach((row, at) => { found[row] = make(at); });
    return found;
};
const world = byRow((at) => m.points.toWorld(m.points.places[2 * at] / 65535, m.points.places[2 * at + 1] / 65535));
const levels = m.given.levels && new Uint8Array(m.given.levels);
const [small, large] = m.scene.diameters;
const p = {
    x: world.map((place) => place && place[0]),
    y: world.map((place) => place && place[1]),
    colors: byRow((at) => m.scene.palette[m.codes[at]]),
    sizes: byRow((at) => small + (large - small) * (levels ? levels[m.points.order[at]] / 255 : 0)),
    selected: m.mask && [...m.points.order].filter((_, at) => m.mask[at]).sort((a, b) => a - b),
    drag: m.settings.drag,
    outline: m.chosen.outline,
    projection: new URL(m.scene.places, location).searchParams.get("map"),
    share: (row) => m.placeOf(row).map((pixel, axis) => pixel / m.view.frame[axis]),
};
return """


def read_map(page, expression):
    """What an expression of `m` and `p` gives, once the map is there."""
    return page.until(lambda: [page.script(READ + expression)], "read the map")[0]
