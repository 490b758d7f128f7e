"""Collections in the browser: kept under any name, filters in the address, changed, exported and deleted."""

import json

import pytest

from browser import SCRIPT
from serving import serving

pytestmark = pytest.mark.slow

N = 360
NAME = f"{SCRIPT[:60]}…"
NOTE = f"{SCRIPT}\nask Ada"


@pytest.fixture(scope="module")
def address(runs, tmp_path_factory):
    with serving(runs[:1], None, tmp_path_factory.mktemp("state")) as address:
        yield address


def press(page, text):
    page.click_path(f"//*[@id='collections-list']//button[text()='{text}']")


def told(page, *texts):
    for text in texts:
        page.until(lambda text=text: text in page.text("#collections-list"), f"be told {text}")


def test_a_selection_is_kept_used_changed_exported_and_deleted(page, runs):
    samples = runs[0].samples
    page.open(view="data", filter='[["metadata_genre","==","drama"]]')
    page.click("#collections-panel summary")
    page.wait_for_text("#collections-selected", f"120 of {N} samples are selected")
    page.click("#collection-keep")
    page.wait_for_text("#collections-problem", "A collection needs a name.")
    page.wait_for("#collection-name").send_keys(NAME)
    page.wait_for("#collection-note").send_keys(NOTE)
    page.click("#collection-keep")
    told(page, NAME, "120 samples", NOTE.splitlines()[0])
    assert page.find("#collections-list img, #collections-list script") == []

    page.script('explorer.apply({filter: \'[["subset","==","validation"]]\'})')
    page.click_path("//*[@id='collections-list']//a[text()='Leave out']")
    drama, held_out = samples["metadata_genre"] == "drama", samples["subset"] == "validation"
    page.wait_for_text("#count", f"{(held_out & ~drama).sum()} of {N} samples")
    page.wait_for_text("#data-profile", f"{(held_out & ~drama).sum()} of {N} samples")
    page.click("#collections-list a")
    page.wait_for_text("#count", f"{(held_out & drama).sum()} of {N} samples")
    page.wait_for_params(filter=json.dumps([["subset", "==", "validation"], ["collection", "==", NAME]],
                                           separators=(",", ":"), ensure_ascii=False))  # fmt: skip
    page.reload()
    page.wait_for_text("#chips", f"collection is {NAME}")
    page.wait_for_text("#data-profile", f"{(held_out & drama).sum()} of {N} samples")

    page.click("#collections-panel summary")
    press(page, "Take selected out")
    told(page, f"{(drama & ~held_out).sum()} samples")
    page.wait_for_text("#count", f"0 of {N} samples")
    page.wait_for_text("#data-profile", "No sample to show")
    page.script('explorer.apply({filter: \'[["metadata_genre","==","comedy"]]\'})')
    page.wait_for_text("#collections-selected", f"120 of {N}")
    press(page, "Add selected")
    now = (drama & ~held_out) | (samples["metadata_genre"] == "comedy")
    told(page, f"{now.sum()} samples")

    press(page, "JSON")
    exported = json.loads(page.downloaded("collection-script-document-title-taken-over-script-img-src-x-one.json"))
    assert exported["note"] == NOTE
    kept = {(subset, one) for subset, ids in exported["samples"].items() for one in ids}
    assert kept == set(zip(samples["subset"][now], samples["id"][now], strict=True))

    page.click("#collections-list a")
    page.wait_for_text("#chips", f"collection is {NAME}")
    press(page, "Delete")
    page.wait_for_text("#chips", "(not kept any more)")
    page.until(lambda: page.texts("#collections-list li") == [], "see none")
    assert page.driver.title == "Data · first · Leap Explorer"
