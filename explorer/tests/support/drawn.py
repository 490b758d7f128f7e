"""What is drawn of a sample, looked at in the page."""

#: The colour of a figure's picture, with all that lies over it as the page shows it, at a share of its size.
PIXEL = """
const [name, x, y] = arguments;
const figure = [...document.querySelectorAll("figure")].find(one => one.firstChild.textContent === name);
const canvas = document.createElement("canvas");
const base = figure.querySelector(".picture");
canvas.width = base.naturalWidth; canvas.height = base.naturalHeight;
const context = canvas.getContext("2d");
context.imageSmoothingEnabled = false;
for (const image of figure.querySelectorAll("img")) {
    if (image.hidden) continue;
    context.globalAlpha = Number(getComputedStyle(image).opacity);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
}
return [...context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data];
"""
SET = """
const [name, what, value, layer] = arguments;
const figure = [...document.querySelectorAll("figure")].find(one => one.firstChild.textContent === name);
const input = [...figure.querySelectorAll(`[data-shows=${what}]`)].find(one => !layer || one.dataset.layer === layer);
if (input.type === "checkbox") input.checked = value; else input.value = value;
input.dispatchEvent(new Event("input", {bubbles: true}));
"""


def figure(page, name):
    """The figure of a visualizer."""
    return page.until(
        lambda: next((one for one in page.find("figure") if one.text.startswith(name)), None), f"see {name}"
    )


def pixel(page, name, x, y):
    """Red, green, blue and alpha of a figure's picture and all that lies over it, at shares of its sides."""
    page.until(lambda: page.script("return [...document.images].every(one => one.complete)"), "all pictures are there")
    return page.script(PIXEL, name, x, y)


def set_to(page, name, what, value, layer=None):
    """Move a control of a figure, as a user does."""
    page.script(SET, name, what, value, *([] if layer is None else [layer]))
