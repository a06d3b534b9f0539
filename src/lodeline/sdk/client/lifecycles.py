"""Which of the things that can be deleted and restored a list is to give."""

from typing import Literal

ListedLifecycle = Literal["ACTIVE", "DELETED", "ALL"]
