/* Dash's own inputs, as the standards want them: radio buttons are no options of a list, and what is hidden from
   screen readers takes no focus. The test of accessibility fails without it. */
(function () {
    "use strict";

    const WATCHED = ["role", "aria-selected", "tabindex"];

    function mend() {
        for (const list of document.querySelectorAll(".segments[role='listbox']")) {
            list.setAttribute("role", "radiogroup");
        }
        for (const option of document.querySelectorAll(".segments [role='option'], .segments [aria-selected]")) {
            option.removeAttribute("role");
            option.removeAttribute("aria-selected");
        }
        for (const target of document.querySelectorAll(".dash-dropdown-focus-target[tabindex='0']")) {
            target.tabIndex = -1;
            target.parentElement.querySelector("button.dash-dropdown").tabIndex = 0;
        }
    }

    new MutationObserver(mend).observe(document.documentElement, {
        subtree: true,
        childList: true,
        attributeFilter: WATCHED,
    });
})();
