"""The link of an estimator's picture in a notebook to its page in our documentation."""

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

import skmultitext

__all__ = ["DocumentationLink"]

_RESERVED = ".example"  # the ending of names that belong to nobody (RFC 2606)


class DocumentationLink:
    """Link to our documentation; list it before BaseEstimator among the bases."""

    _doc_link_module = "skmultitext"

    @property
    def _doc_link_template(self) -> str:
        address = documentation()
        return f"{address}/generated/{{page}}.html" if address else ""

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        """Return what fills the template: the public name of the class."""
        module, name = type(self).__module__, type(self).__name__
        if name in skmultitext.__all__:
            return {"page": f"skmultitext.{name}"}
        public = module.partition("._")[0]
        return {"page": f"{public}.{name}"}


@cache
def documentation() -> str:
    """Return the address of the documentation in the metadata, "" if there is none yet."""
    try:
        urls = metadata("skmultitext").get_all("Project-URL") or []
    except PackageNotFoundError:  # used from a folder, without installation
        return ""
    for line in urls:
        name, _, address = line.partition(", ")
        if name == "Documentation" and not address.rstrip("/").endswith(_RESERVED):
            return address.rstrip("/")
    return ""
