"""The documentation site: Markdown pages, and an API reference from the docstrings."""

from tellmark._version import __version__

project = "Tellmark"
author = "The Tellmark developers"
copyright = "The Tellmark developers; Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
default_role = "code"
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"exclude-members": "model_config"}
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings name types, with shapes and units
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"Tellmark {release}"
html_copy_source = False
html_show_sphinx = False
