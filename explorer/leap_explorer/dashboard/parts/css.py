"""A component's style as CSS."""

import re


def declaration(name: str, value: str | float) -> str:
    """`background-color:#FFFFFF` of React's `backgroundColor`; numbers are pixels."""
    kebab_case = re.sub("[A-Z]", lambda found: f"-{found[0].lower()}", name)
    return f"{kebab_case}:{value}px" if isinstance(value, int | float) and value else f"{kebab_case}:{value}"
